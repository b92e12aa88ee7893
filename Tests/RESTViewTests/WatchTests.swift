import Foundation
import Jobs
import Journal
import RESTView
import SignIn
import SignInSupport
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct WatchTests {
    private static let failure = RunStatus(phase: .failed)

    private static func remove(_ id: String, _ scene: RESTScene, at number: Int) async throws {
        let key = RESTScene.key(id)
        try await scene.push(key, nil, at: number)
        let intent = Intent(commit: RESTScene.sha(number), key: key, kind: .delete, run: 1)
        for action in try await scene.journal.intend([intent], now: RESTScene.start) {
            try await scene.journal.conclude(
                action,
                intent,
                outcome: .done,
                job: nil,
                status: nil,
                now: RESTScene.start
            )
        }
    }

    @Test
    func `a watcher gets all jobs, and then what is added, modified and deleted`() async throws {
        try await RESTScene.serve { scene in
            try await scene.add("one", .running, at: 1)
            try await scene.add("two", .running, at: 2)
            try await Self.remove("two", scene, at: 3)
            try await scene.push(RESTScene.key("other", partition: "team-b"), RESTScene.file(), at: 4)
            let watcher = try await Watcher(port: scene.port)
            try await watcher.synced()
            #expect(try watcher.summary == ["added one", "synced"])
            let head = watcher.request.text
            #expect(head.contains("200 OK"))
            #expect(head.lowercased().contains("content-type: text/event-stream\r\n"))
            #expect(head.contains("retry: "))
            let listed = try await scene.request(RESTScene.list).json.items[0]
            #expect(try watcher.events[0].data == listed)

            try await scene.add("three", .running, at: 5)
            try await watcher.event { $0.data.status.phase.text == "running" && $0.data.metadata.id.text == "three" }
            try await scene.journal.observe(RunID(key: RESTScene.key("one"), number: 1), Self.failure)
            try await watcher.event { $0.name == "modified" && $0.data.status.phase.text == "failed" }
            try await Self.remove("one", scene, at: 6)
            let gone = try await watcher.event { $0.name == "deleted" }
            #expect(gone.data.metadata.id.text == "one")
            #expect(gone.data.spec == .null)
            try await scene.add("one", .running, at: 7)
            try await watcher.event(after: try watcher.events.count - 1) { _ in true }
            let all = try watcher.summary
            #expect(all.filter { $0 == "added three" }.count == 1)
            #expect(!all.contains { $0.hasSuffix(" two") || $0.hasSuffix(" other") })
            let again = try await watcher.event {
                $0.name == "added" && $0.data.metadata.commit.text == RESTScene.sha(7)
            }
            #expect(again.data.metadata.id.text == "one")
        }
    }

    @Test
    func `who comes back gets what changed meanwhile, and no more`() async throws {
        try await RESTScene.serve { scene in
            for number in 1...4 {
                try await scene.add("job-\(number)", .running, at: number)
            }
            let first = try await Watcher(port: scene.port)
            try await first.synced()
            let last = try #require(try first.lastID)
            try await first.request.close()

            try await scene.journal.observe(RunID(key: RESTScene.key("job-2"), number: 1), Self.failure)
            try await Self.remove("job-3", scene, at: 5)
            try await scene.add("job-5", .running, at: 6)
            try await scene.add("job-6", .running, at: 7)
            try await Self.remove("job-6", scene, at: 8)
            let second = try await Watcher(after: last, port: scene.port)
            try await second.synced()
            #expect(try second.summary == ["modified job-2", "deleted job-3", "added job-5", "synced"])
            // Of what was told together the last event alone has an id.
            #expect(try second.events.map { $0.id == nil } == [true, true, true, false])
            let third = try await Watcher(after: try second.lastID, port: scene.port)
            try await third.synced()
            #expect(try third.summary == ["synced"])
        }
    }

    @Test(arguments: [
        "x", "0123456789abcdef-1", "-1", "a-b-c", "0123456789abcdef-99999999999999999999", "'; DROP TABLE job; --",
    ])
    func `an id of another journal, or of none, begins anew and says so`(id: String) async throws {
        try await RESTScene.serve { scene in
            try await scene.add("one", .running, at: 1)
            let watcher = try await Watcher(after: id, port: scene.port)
            try await watcher.synced()
            #expect(try watcher.summary == ["reset", "added one", "synced"])
            let journal = try await scene.journal.reader.mark().journal
            let future = try await Watcher(after: "\(journal)-1000000", port: scene.port)
            try await future.synced()
            #expect(try future.summary == ["reset", "added one", "synced"])
        }
    }

    @Test
    func `filters apply: a job that fits no longer is deleted, one that fits now is added`() async throws {
        try await RESTScene.serve { scene in
            try await scene.add("one", .running, at: 1, uid: "bob@example.org")
            try await scene.add("two", .failed, at: 2)
            let running = try await Watcher("&phase=running", port: scene.port)
            let named = try await Watcher("&q=TW", port: scene.port)
            let bobs = try await Watcher("&uid=bob@example.org", port: scene.port)
            for watcher in [running, named, bobs] {
                try await watcher.synced()
            }
            let last = try #require(try running.lastID)
            try await scene.journal.observe(RunID(key: RESTScene.key("one"), number: 1), Self.failure)
            try await running.event { $0.name == "deleted" }
            try await scene.journal.observe(RunID(key: RESTScene.key("two"), number: 1), RunStatus(phase: .running))
            try await running.event { $0.name == "added" && $0.data.metadata.id.text == "two" }
            try await named.event { $0.name == "modified" }
            try await bobs.event { $0.name == "modified" }
            #expect(try running.summary == ["added one", "synced", "deleted one", "added two"])
            #expect(try named.summary == ["added two", "synced", "modified two"])
            #expect(try bobs.summary == ["added one", "synced", "modified one"])
            let back = try await Watcher("&phase=running", after: last, port: scene.port)
            try await back.synced()
            #expect(try back.summary == ["deleted one", "modified two", "synced"])
        }
    }

    @Test
    func `the filter of watchers decides as the list does`() async throws {
        try await RESTScene.serve { scene in
            try await scene.add("alpha", .running, at: 1, members: #""name": "Straße ÄÖ Zug","#)
            try await scene.add("beta-zug", .failed, at: 2, uid: "bob@example.org")
            try await scene.push(RESTScene.key("held"), "{", at: 3)
            for query in [
                "q=zug", "q=ZUG", "q=%C3%A4", "q=%C3%84", "q=ss", "phase=held", "phase=failed&q=b",
                "uid=bob@example.org", "uid=Bob@example.org", "q=_", "q=%25",
            ] {
                let watcher = try await Watcher("&\(query)", port: scene.port)
                try await watcher.synced()
                let listed = try await scene.ids(query)
                #expect(
                    try watcher.summary.dropLast().map { String($0.dropFirst(6)) }.sorted() == listed.sorted(),
                    "\(query)"
                )
                let mark = try await scene.journal.reader.mark()
                // What is told of a change, by the other of the two ways.
                var jobs = JobQuery(cluster: "default", partition: "team-a")
                let given = Dictionary(
                    uniqueKeysWithValues: query.split(separator: "&").map { item in
                        let parts = item.split(separator: "=").map { String($0).removingPercentEncoding ?? "" }
                        return (parts[0], parts[1])
                    }
                )
                (jobs.text, jobs.uid) = (given["q"], given["uid"])
                jobs.phases = given["phase"].flatMap(Phase.init).map { [$0] } ?? []
                let changes = try await scene.journal.reader.changes(
                    in: PartitionKey(cluster: "default", partition: "team-a"),
                    after: 0,
                    limit: 10
                )
                #expect(changes.revision == mark.revision)
                let matching = changes.changes.filter { jobs.matches($0.record) }.map(\.record.key.id).sorted()
                #expect(matching == listed.sorted(), "\(query)")
            }
        }
    }

    @Test
    func `quiet watchers hear that somebody is there, and all end with the service`() async throws {
        let watcher = try await RESTScene.serve(configure: { $0.heartbeat = .milliseconds(50) }) { scene in
            let watcher = try await Watcher(port: scene.port)
            try await watcher.synced()
            try await eventually("comments come") { watcher.comments > 2 }
            return watcher
        }
        try await eventually("the stream ends") { watcher.request.hasEnded }
        #expect(watcher.request.text.hasSuffix("0\r\n\r\n"))
    }

    @Test
    func `a watcher who does not read holds nobody up, and misses nothing`() async throws {
        try await RESTScene.serve { scene in
            try await scene.add("one", .running, at: 1)
            let slow = try await Watcher(port: scene.port)
            try await slow.synced()
            try await slow.request.pause()
            let quick = try await Watcher(port: scene.port)
            try await Self.change("one", 700, scene)
            try await quick.request.ends(with: "699 ")
            try await slow.request.resume()
            try await slow.request.ends(with: "699 ")
            let ids = Set(try slow.events.compactMap(\.data.metadata.id.text))
            #expect(ids == ["one"])
        }
    }

    /// Changes a job so often and so much that no socket holds it, and no hub keeps it.
    private static func change(_ id: String, _ count: Int, _ scene: RESTScene) async throws {
        let large = String(repeating: "x", count: 200_000)
        for number in 0..<count {
            let message = "\(number) \(number < 60 ? large : "")"
            let status = RunStatus(phase: .running, message: message)
            try await scene.journal.observe(RunID(key: RESTScene.key(id), number: 1), status)
        }
    }

    @Test
    func `no more streams than a client may have, a HEAD is none, and limit and sort do not apply`() async throws {
        try await RESTScene.serve(configure: { $0.streamsPerClient = 2 }) { scene in
            let path = "\(RESTScene.list)?watch=true"
            for query in ["&limit=1", "&sort=-creationTime"] {
                let watcher = try await Watcher(query, port: scene.port)
                try await watcher.synced()
            }
            #expect(try await scene.request(path).status == 429)
            let head = try await scene.request(path, method: "HEAD")
            #expect(head.status == 429)
            #expect(try await scene.request("\(RESTScene.list)?watch=1").status == 400)
            #expect(try await scene.request("\(RESTScene.list)?watch=false").status == 200)
        }
    }

    @Test
    func `access rules apply to watchers, and each user has streams of their own`() async throws {
        let rules = [
            AccessRule(groups: ["team-a"], partitions: ["team-a"]),
            AccessRule(groups: ["team-b"], partitions: ["team-b"]),
        ]
        try await AuthScene.serve(access: rules, configure: { $0.streamsPerClient = 1 }) { auth in
            func header(_ user: String, _ group: String) throws -> String {
                let token = try auth.point.token(Claims(issuer: auth.provider.issuer, user: user, groups: [group]).text)
                return "Authorization: Bearer \(token)\r\n"
            }
            let ann = try await Watcher(headers: try header("ann@example.org", "team-a"), port: auth.scene.port)
            try await ann.synced()
            let bob = try await Watcher(headers: try header("bob@example.org", "team-a"), port: auth.scene.port)
            try await bob.synced()
            for (user, group, status) in [
                ("ann@example.org", "team-a", 429), ("eve@example.org", "team-b", 403), ("", "", 401),
            ] {
                let headers = user.isEmpty ? "" : try header(user, group)
                let answer = try await RawConnection.get(
                    Array("\(RESTScene.list)?watch=true".utf8),
                    headers: headers,
                    port: auth.scene.port
                )
                #expect(answer?.status == status)
            }
            try await auth.scene.push(RESTScene.key("secret", partition: "team-b"), RESTScene.file(), at: 1)
            try await auth.scene.push(RESTScene.key("own"), RESTScene.file(), at: 2)
            try await ann.event { $0.data.metadata.id.text == "own" }
            #expect(!ann.request.text.contains("secret"))
        }
    }
}
