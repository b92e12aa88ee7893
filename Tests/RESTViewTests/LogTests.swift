import Foundation
import Jobs
import RESTView
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct LogTests {
    private static let logs = "\(RESTScene.list)/mnist/logs"

    @Test(arguments: [
        ("", "3 worker-0 -1 false"), ("?replica=ps-0", "3 ps-0 -1 false"),
        ("?replica=mnist-worker-1", "3 worker-1 -1 false"),
        ("?run=1", "1 worker-0 -1 false"), ("?tail=0", "3 worker-0 0 false"),
        ("?tail=5&follow=false&run=3", "3 worker-0 5 false"),
    ])
    func `a query says whose log and how much of it`(query: String, expected: String) async throws {
        let logs = ScriptedLogs()
        try await RESTScene.serve(logs: logs) { scene in
            let answer = try await scene.request(Self.logs + query)
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "text/plain; charset=utf-8")
            #expect(answer.headers["x-content-type-options"] == "nosniff")
            #expect(logs.opened == [expected])
            let parts = expected.split(separator: " ")
            #expect(answer.headers["tfjob-run"] == String(parts[0]))
            #expect(answer.headers["tfjob-replica"] == String(parts[1]))
            #expect(answer.headers["tfjob-log-start"] == "1000")
            #expect(answer.text == "default/team-a/mnist \(parts[0]) \(parts[1])\n")
            let head = try await scene.request(Self.logs + query, method: "HEAD")
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
        }
    }

    @Test(arguments: [
        ("?replica=worker-2", 404, "ps-0, worker-0, worker-1"), ("?replica=..%2F..%2Fetc%2Fpasswd", 404, "no replica"),
        ("?replica=worker-0%00", 400, "no percent-encoded text"), ("?replica=.", 404, "no replica"),
        ("?run=2", 404, "there are: 1, 3"), ("?run=0", 400, "from 1"), ("?run=-1", 400, "from 1"),
        ("?run=x", 400, "from 1"),
        ("?run=99999999999999999999", 400, "from 1"), ("?tail=-1", 400, "from 0"), ("?tail=1.5", 400, "from 0"),
        ("?follow=1", 400, "true or false"), ("?lines=1", 400, "replica, run, tail, follow"),
        ("?run=1&run=3", 400, "twice"),
    ])
    func `what is not there, or no query, is told`(query: String, status: Int, part: String) async throws {
        let logs = ScriptedLogs()
        try await RESTScene.serve(logs: logs) { scene in
            let answer = try await scene.request(Self.logs + query)
            #expect(answer.status == status, "\(query)")
            #expect(answer.text.contains(part), "\(answer.text)")
            #expect(logs.opened.isEmpty)
        }
    }

    @Test
    func `a job that never was, one that has not run, and a backend that is away are three things`() async throws {
        let logs = ScriptedLogs()
        try await RESTScene.serve(logs: logs) { scene in
            let path = "\(RESTScene.list)/absent/logs"
            let never = try await scene.request(path)
            #expect(never.status == 404)
            #expect(never.text.contains("there is no job default/team-a/absent"))
            try await scene.push(RESTScene.key("absent"), RESTScene.file(), at: 1)
            let waiting = try await scene.request(path)
            #expect(waiting.status == 404)
            #expect(waiting.text.contains("has run yet"))
            logs.fail(with: .unavailable("the cluster does not answer"))
            let away = try await scene.request(path)
            #expect(away.status == 503)
            #expect(away.headers["retry-after"] != nil)
        }
    }

    @Test
    func `the chief or master speaks for a run, else worker 0, else the first`() {
        for (replicas, leader) in [
            (["ps-0", "worker-0", "chief-0"], "chief-0"), (["worker-0", "master-0"], "master-0"),
            (["ps-0", "worker-0"], "worker-0"), (["evaluator-0", "ps-0"], "evaluator-0"),
        ] {
            #expect(LoggedRun(number: 1, replicas: replicas).leader == leader)
        }
        #expect(LoggedRun(number: 1, replicas: []).leader == nil)
    }

    @Test
    func `a client that goes away frees the log, and the end of the service ends it`() async throws {
        let logs = ScriptedLogs()
        try await RESTScene.serve(logs: logs, configure: { $0.streamsPerClient = 2 }) { scene in
            let first = try await LastingRequest("\(Self.logs)?follow=true", port: scene.port)
            #expect(try await first.next(until: "worker-0\n"))
            let second = try await LastingRequest("\(Self.logs)?follow=true", port: scene.port)
            #expect(try await second.next(until: "worker-0\n"))
            #expect(logs.readers == 2)
            let refused = try await scene.request("\(Self.logs)?follow=true")
            #expect(refused.status == 429)
            #expect(refused.headers["retry-after"] != nil)
            #expect(try await scene.request("/metrics").text.contains("tfjob_admin_open_streams 2"))
            try await first.close()
            try await eventually("the first is let go") { logs.readers == 1 }
            let third = try await LastingRequest("\(Self.logs)?follow=true", port: scene.port)
            #expect(try await third.next(until: "worker-0\n"))
            // A HEAD takes no place.
            #expect(try await scene.request("\(Self.logs)?follow=true", method: "HEAD").status == 200)
        }
        try await eventually("all are let go") { logs.readers == 0 }
    }
}
