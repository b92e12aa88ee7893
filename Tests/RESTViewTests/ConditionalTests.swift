import Foundation
import Jobs
import Journal
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct ConditionalTests {
    private static let paths = [
        "\(RESTScene.list)/mnist", RESTScene.list, "/api/v1alpha1/clusters",
        "/api/v1alpha1/clusters/default/partitions",
    ]

    private func tag(_ scene: RESTScene, _ path: String) async throws -> String {
        try #require(try await scene.request(path).headers["etag"])
    }

    @Test
    func `a tag is strong, stays with the state and goes with it`() async throws {
        try await RESTScene.serve { scene in
            try await scene.add("mnist", .pending, at: 1)
            let run = RunID(key: RESTScene.key("mnist"), number: 1)
            for path in Self.paths {
                let before = try await tag(scene, path)
                #expect(before.wholeMatch(of: /"[0-9a-f]{32}"/) != nil)
                #expect(try await tag(scene, path) == before)
                try await scene.journal.observe(run, RunStatus(phase: .preparing))
                #expect(try await tag(scene, path) != before, "\(path)")
                try await scene.journal.observe(run, RunStatus())
                #expect(try await tag(scene, path) == before, "\(path)")
            }
        }
    }

    @Test
    func `whoever has the document is not sent it again`() async throws {
        try await RESTScene.serve { scene in
            try await scene.add("mnist", .running, at: 1)
            for path in Self.paths {
                let tag = try await tag(scene, path)
                let gzipped = "\(tag.dropLast())-gzip\""
                let fields = [
                    tag, "W/\(tag)", "*", " * ", "\"x\", \(tag)", gzipped, "W/\(gzipped)", "\"x\",\(gzipped)",
                    "\"a,b\",W/\"c\" ,\(tag)", "x \(tag)",
                ]
                for field in fields {
                    for method in ["GET", "HEAD"] {
                        let answer = try await scene.request(path, method: method, headers: ["If-None-Match": field])
                        #expect(answer.status == 304, "\(field)")
                        #expect(answer.headers["etag"] == tag)
                        #expect(answer.headers["content-length"] == nil)
                        #expect(answer.body.isEmpty)
                    }
                }
                for field in [
                    "\"x\"", String(tag.dropFirst().dropLast()), "W/*", "\"*\"", "", "\"-gzip\"", "\"\(tag)\"x",
                ] {
                    let answer = try await scene.request(path, headers: ["If-None-Match": field])
                    #expect(answer.status == 200, "\(field)")
                }
            }
        }
    }

    @Test
    func `the answer to whoever has the document says nothing of its size`() async throws {
        try await RESTScene.serve { scene in
            for path in Self.paths where !path.hasSuffix("mnist") {
                let answer = try await RawConnection.get(
                    Array(path.utf8),
                    headers: "If-None-Match: *\r\n",
                    port: scene.port
                )
                let (status, rest) = try #require(answer)
                #expect(status == 304)
                #expect(rest.contains("ETag: \""))
                #expect(!rest.contains("Content-Length"))
                #expect(rest.hasSuffix("\r\n\r\n"))
            }
        }
    }

    @Test
    func `what is not there is 404 also for whoever has something`() async throws {
        try await RESTScene.serve { scene in
            let answer = try await scene.request("\(RESTScene.list)/absent", headers: ["If-None-Match": "*"])
            #expect(answer.status == 404)
            #expect(answer.headers["etag"] == nil)
        }
    }

    @Test
    func `documents are asked for again and not guessed at`() async throws {
        try await RESTScene.serve { scene in
            try await scene.add("mnist", .running, at: 1)
            for path in Self.paths + ["/api/ping", "/api/version"] {
                let headers = try await scene.request(path).headers
                #expect(headers["content-type"] == "application/json")
                #expect(headers["cache-control"] == "no-cache")
                #expect(headers["x-content-type-options"] == "nosniff")
            }
        }
    }
}
