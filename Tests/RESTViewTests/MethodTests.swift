import Foundation
import Jobs
import Journal
import TestSupport
import Testing

/// Every path with every method.
@Suite(.timeLimit(.minutes(hangLimit)))
struct MethodTests {
    private static let paths = [
        "/", "/livez", "/readyz", "/api/version", "/api/ping", "/api/v1alpha1/clusters",
        "/api/v1alpha2/clusters/default/partitions", "/metrics", "/openapi.json",
    ]

    private static let lists = ["v1alpha1", "v1alpha2"].flatMap { version in
        ["tfjobs", "tfjob", "tfservings"].map { "/api/\(version)/clusters/default/partitions/team-a/\($0)" }
    }

    @Test
    func `what can be read is not written`() async throws {
        try await RESTScene.serve { scene in
            try await scene.add("mnist", .running, at: 1)
            var service = ServiceStatus(repositoryURL: "file:///srv/jobs.git", branch: "main")
            service.lastFetch = RESTScene.start
            try await scene.journal.recordStatus(service)
            for path in Self.paths + Self.lists + Self.lists.map({ "\($0)/mnist" }) {
                #expect(try await scene.request(path).status == 200, "\(path)")
                #expect(try await scene.request(path, method: "HEAD").status == 200, "\(path)")
                for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
                    let body = method == "POST" ? Data(count: 100_000) : nil
                    let answer = try await scene.request(path, method: method, body: body)
                    #expect(answer.status == 405, "\(method) \(path)")
                    #expect(answer.headers["allow"] == "GET, HEAD", "\(method) \(path)")
                    #expect(answer.headers["content-type"] == "application/problem+json", "\(method) \(path)")
                }
            }
        }
    }

    @Test(arguments: ["POST", "PUT", "PATCH", "DELETE"])
    func `a refused write names the file to push`(method: String) async throws {
        try await RESTScene.serve { scene in
            for list in Self.lists {
                let ofList = try await scene.request(list, method: method)
                #expect(ofList.text.contains("clusters/default/partitions/team-a/<id>.json"))
                #expect(ofList.text.contains("git push"))
                // Whether the job is there makes no difference: its file is where it would be.
                let ofJob = try await scene.request("\(list)/mnist", method: method)
                #expect(ofJob.text.contains(method == "DELETE" ? "delete clusters/" : "change clusters/"))
                #expect(ofJob.text.contains("clusters/default/partitions/team-a/mnist.json"))
                #expect(ofJob.text.contains("git push"))
            }
            let misnamed = try await scene.request("\(RESTScene.list)/My_Job", method: method)
            #expect(misnamed.status == 405)
            #expect(misnamed.text.contains(#"the job id \"My_Job\""#))
        }
    }

    @Test
    func `what is not there is not there for any method`() async throws {
        try await RESTScene.serve { scene in
            for method in ["GET", "HEAD", "POST", "DELETE"] {
                let answer = try await scene.request("/api/nothing", method: method)
                #expect(answer.status == 404)
                #expect(answer.headers["allow"] == nil)
            }
            #expect(try await scene.request("\(RESTScene.list)/absent").status == 404)
            #expect(try await scene.request("\(RESTScene.list)/NO").status == 404)
        }
    }

    @Test
    func `a problem has the members of RFC 9457 and no query`() async throws {
        try await RESTScene.serve { scene in
            let answer = try await scene.request(
                "\(RESTScene.list)/absent?token=hidden",
                headers: ["X-Request-Id": "request-1"]
            )
            #expect(answer.status == 404)
            #expect(answer.headers["content-type"] == "application/problem+json")
            try Golden.expect(answer.body, is: "problem")
        }
    }

    @Test(arguments: [
        ("/api/%zz", 400, "/api/%25zz"), ("/a%2Fb", 404, "/a%2Fb"), ("/a<b", 404, "/a%3Cb"),
    ])
    func `a problem's instance is a URI reference`(path: String, status: Int, instance: String) async throws {
        try await RESTScene.serve { scene in
            let answer = try #require(try await RawConnection.get(Array(path.utf8), port: scene.port))
            #expect(answer.status == status)
            #expect(answer.rest.contains("\"instance\":\"\(instance)\""))
        }
    }

    @Test
    func `what the client wrote is shown without what a terminal obeys`() async throws {
        try await RESTScene.serve { scene in
            let answer = try await scene.request(
                "\(RESTScene.list)/%1B%5B31m%E2%80%AE\(String(repeating: "x", count: 200))"
            )
            #expect(answer.text.contains(#"the job id \"\\u001b[31m\\u202exxx"#))
            #expect(answer.text.contains("xxx…"))
        }
    }

    @Test
    func `HEAD is GET without the body`() async throws {
        try await RESTScene.serve { scene in
            try await scene.add("mnist", .running, at: 1)
            for path in Self.paths + ["\(RESTScene.list)/mnist", "\(RESTScene.list)?limit=1", "/no", "/%zz"] {
                guard !["/api/ping", "/metrics"].contains(path) else { continue }
                let get = try #require(try await RawConnection.get(Array(path.utf8), port: scene.port))
                let head = try #require(
                    try await RawConnection.get(Array(path.utf8), method: "HEAD", port: scene.port)
                )
                let parts = get.rest.split(separator: "\r\n\r\n", maxSplits: 1)
                #expect(head.status == get.status)
                #expect(withoutDate(head.rest) == withoutDate("\(parts[0])\r\n\r\n"), "\(path)")
                #expect(get.rest.contains("Content-Length: \(parts[1].utf8.count)\r\n"))
            }
        }
    }

    private func withoutDate(_ head: String) -> [Substring] {
        head.split(separator: "\r\n").filter { !$0.hasPrefix("Date:") && !$0.hasPrefix("X-Request-Id:") }
    }
}
