import Foundation
import Jobs
import Journal
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct ServiceTests {
    @Test
    func `version says what was built`() async throws {
        try await RESTScene.serve { scene in
            let text = try await scene.request("/api/version").text
            #expect(
                text
                    == #"{"apiVersions":["v1alpha1","v1alpha2"],"commit":"abc","libgit2":"1.5.1","swift":"6.3","version":"1.2.3"}"#
            )
        }
    }

    @Test
    func `ping before the first pass has every key`() async throws {
        try await RESTScene.serve { scene in
            try Golden.expect(try await scene.request("/api/ping").body, is: "ping-first")
        }
    }

    @Test
    func `ping counts what waits and what is held, and the seconds`() async throws {
        let clock = Mutex(ContinuousClock.now)
        try await RESTScene.serve(now: { clock.withLock { $0 } }) { scene in
            clock.withLock { $0 += .milliseconds(61_999) }
            var status = ServiceStatus(
                repositoryURL: "file:///srv/git/jobs.git",
                branch: "main",
                clusters: [
                    ServiceStatus.Cluster(
                        id: "default",
                        backend: "local",
                        protections: ["controlGroupKill", "memoryWatch"]
                    )
                ]
            )
            status.head = RESTScene.sha(3)
            status.lastFetch = RESTScene.start
            status.lastAttempted = RESTScene.sha(3)
            status.lastApplied = RESTScene.sha(2)
            try await scene.journal.recordStatus(status)
            try await scene.add("done", .running, at: 1)
            try await scene.push(RESTScene.key("waits"), RESTScene.file(), at: 2)
            try await scene.push(RESTScene.key("held"), "{", at: 3)
            try Golden.expect(try await scene.request("/api/ping").body, is: "ping")
        }
    }

    @Test
    func `ping is degraded, and tells no error, credential or path`() async throws {
        try await RESTScene.serve { scene in
            var status = ServiceStatus(
                repositoryURL: "https://bot:hunter2@git.example.org/team/jobs.git?private_token=hunter3",
                branch: "main",
                clusters: [ServiceStatus.Cluster(id: "prod", backend: "kubernetes", reachable: false)]
            )
            status.clusters[0].error = "dial /run/hunter4"
            status.repositoryError = "cannot open /srv/hunter5"
            status.repositoryFault = .notRepository
            try await scene.journal.recordStatus(status)
            let answer = try await scene.request("/api/ping")
            #expect(answer.status == 200)
            #expect(!answer.text.contains("hunter"))
            try Golden.expect(try answer.masked("uptimeSeconds"), is: "ping-degraded")
            #expect(try await scene.request("/readyz").status == 503)
        }
    }

    @Test
    func `it lives at once and is ready after the first look at the repository`() async throws {
        try await RESTScene.serve { scene in
            let live = try await scene.request("/livez")
            #expect(live.status == 200)
            #expect(live.text == "ok\n")
            let before = try await scene.request("/readyz")
            #expect(before.status == 503)
            #expect(before.headers["content-type"] == "application/problem+json")
            var status = ServiceStatus(repositoryURL: "file:///srv/jobs.git", branch: "main")
            status.repositoryError = "there is no git repository"
            try await scene.journal.recordStatus(status)
            #expect(try await scene.request("/readyz").status == 503)
            status.lastFetch = RESTScene.start
            try await scene.journal.recordStatus(status)
            #expect(try await scene.request("/readyz").status == 200)
        }
    }

    @Test
    func `the front page says what runs here and loads nothing`() async throws {
        try await RESTScene.serve { scene in
            let page = try await scene.request("/")
            #expect(page.headers["content-type"] == "text/html; charset=utf-8")
            #expect(page.headers["content-security-policy"]?.hasPrefix("default-src 'none'") == true)
            #expect(page.text.contains("<h1>tfjob-admin 1.2.3</h1>"))
            for link in page.text.matches(of: /href="([^"]+)"/) {
                #expect(try await scene.request("/\(link.1)").status == 200)
            }
        }
    }

    @Test
    func `idle connections do not keep the service from ending`() async throws {
        // The client keeps its connection for the next request; `serve` returns nevertheless.
        try await RESTScene.serve { scene in
            let answer = try await scene.request("/livez", headers: ["Connection": "keep-alive"])
            #expect(answer.status == 200)
        }
    }
}

extension HTTPExchange.Answer {
    /// The body with 0 for a number that the clock gives.
    fileprivate func masked(_ member: String) throws -> Data {
        guard var object = try JSONSerialization.jsonObject(with: body) as? [String: Any] else { return body }
        object[member] = 0
        return try JSONSerialization.data(withJSONObject: object)
    }
}
