import Foundation
import Jobs
import SignInSupport
import TestSupport
import Testing

@testable import RESTView

/// Answers that last, whose readers' tokens do not.
@Suite(.timeLimit(.minutes(hangLimit)))
struct TokenEndTests {
    private static let follow = "\(RESTScene.list)/mnist/logs?follow=true"

    private static func header(_ token: String) -> String { "Authorization: Bearer \(token)\r\n" }

    @Test
    func `a watched list and a followed log end whole with the token of their reader, and others go on`() async throws {
        let logs = ScriptedLogs()
        // No heartbeat: the end of the token alone is what wakes a watcher.
        try await AuthScene.serve(logs: logs, configure: { $0.heartbeat = .seconds(3600) }) { auth in
            let start = Date()
            // Good for 12 s more, with the skew: long enough for four requests on a busy machine.
            let short = Self.header(try auth.point.token(auth.claims.with("exp", fromNow: 12 - 60).text))
            let long = Self.header(try auth.point.token(auth.claims.with("exp", "1e300").text))
            let (watcher, other) = (
                try await Watcher(headers: short, port: auth.scene.port),
                try await Watcher(headers: long, port: auth.scene.port)
            )
            let (log, otherLog) = (
                try await LastingRequest(Self.follow, headers: short, port: auth.scene.port),
                try await LastingRequest(Self.follow, headers: long, port: auth.scene.port)
            )
            #expect(try await log.next(until: "worker-0\n"), "\(log.text)")
            #expect(try await otherLog.next(until: "worker-0\n"), "\(otherLog.text)")
            try await watcher.synced()
            try await other.synced()
            try await eventually("both end") { watcher.request.hasEnded && log.hasEnded }
            // `exp` has whole seconds.
            #expect(Date().timeIntervalSince(start) >= 11)
            for text in [watcher.request.text, log.text] {
                #expect(text.hasSuffix("\r\n0\r\n\r\n"), "\(text)")
            }
            try await eventually("what the log held is let go") { logs.readers == 1 }
            #expect(try await auth.scene.request("/metrics").text.contains("tfjob_admin_open_streams 2\n"))
            try await auth.scene.add("mnist", .running, at: 1)
            try await other.event { $0.data.metadata.id.text == "mnist" }
            #expect(!otherLog.hasEnded)
        }
    }

    @Test
    func `who watches without a token, or with one that lasts, shows within half an hour who they are`() {
        let now = ContinuousClock.now
        func end(_ isSignedIn: Bool, _ end: ContinuousClock.Instant?) -> Duration? {
            JobRoutes.end(of: StreamClient(name: "ann", isSignedIn: isSignedIn, end: end)).map { $0 - now }
        }
        #expect(end(false, nil) == nil)
        #expect(end(true, now + .seconds(100)) == .seconds(100))
        for answer in [end(true, nil), end(true, now + .seconds(1_000_000))] {
            #expect(answer.map { $0 >= .seconds(1800) && $0 < .seconds(1900) } == true)
        }
    }

    @Test
    func `a log that never rests ends in time, and one that fails fails`() async throws {
        struct Fault: Error {}
        let busy = LogStream { [1] }
        var count = 0
        for try await _ in busy.ending(at: .now + .milliseconds(50)) { count += 1 }
        #expect(count > 0)
        for try await _ in busy.ending(at: .now) { Issue.record("more comes after the end") }
        await #expect(throws: Fault.self) {
            for try await _ in LogStream(unfolding: { throw Fault() }).ending(at: .now + .seconds(60)) {}
        }
        let (short, parts) = LogStream.makeStream()
        parts.yield([1])
        parts.yield([2])
        parts.finish()
        var all: [UInt8] = []
        for try await part in short.ending(at: .now + .seconds(60)) { all += part }
        #expect(all == [1, 2])
    }
}
