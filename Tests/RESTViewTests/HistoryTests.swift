import Foundation
import JobFile
import Jobs
import Journal
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct HistoryTests {
    private static let path = "\(RESTScene.list)/mnist/history"

    /// Pushed, run, held, replaced and removed.
    private static func fill(_ scene: RESTScene) async throws {
        let key = RESTScene.key("mnist")
        let journal = scene.journal
        try await scene.push(key, RESTScene.file(), at: 1)
        try await scene.carryOut(key, at: 1)
        try await journal.observe(
            RunID(key: key, number: 1),
            RunStatus(
                phase: .failed,
                reason: "ReplicaFailed",
                message: "worker-0 exited with code 3",
                startTime: RESTScene.start.addingTimeInterval(62),
                completionTime: RESTScene.start.addingTimeInterval(90)
            )
        )
        try await scene.push(key, "{", at: 2)
        try await scene.carryOut(key, .hold, at: 2, outcome: .held)
        try await scene.push(key, RESTScene.file(#""args": ["again"],"#), at: 3)
        try await scene.carryOut(key, .replace, at: 3)
        try await journal.observe(
            RunID(key: key, number: 2),
            RunStatus(phase: .running, startTime: RESTScene.start.addingTimeInterval(182))
        )
        // Nothing but white space.
        try await scene.push(key, RESTScene.file(#""args": ["again"], "#), at: 4)
        try await journal.settle([(key: key, commit: RESTScene.sha(4))])
        try await scene.push(key, nil, at: 5)
        let intent = Intent(commit: RESTScene.sha(5), key: key, kind: .delete, run: 2)
        let now = RESTScene.start.addingTimeInterval(301)
        try await journal.showPhase(.deleting, of: key)
        for number in try await journal.intend([intent], now: now) {
            try await journal.conclude(number, intent, outcome: .done, job: nil, status: nil, now: now)
        }
    }

    @Test
    func `history has commits, actions and runs, newest first, also of a job that is gone`() async throws {
        try await RESTScene.serve { scene in
            #expect(try await scene.request(Self.path).status == 404)
            try await Self.fill(scene)
            #expect(try await scene.request("\(RESTScene.list)/mnist").status == 404)
            let answer = try await scene.request(Self.path)
            try Golden.expect(answer.body, is: "history")
            let tag = try #require(answer.headers["etag"])
            #expect(try await scene.request(Self.path, headers: ["If-None-Match": tag]).status == 304)
        }
    }

    @Test
    func `runs are in their order, also where the clock was set back between them`() async throws {
        try await RESTScene.serve { scene in
            let (key, journal) = (RESTScene.key("mnist"), scene.journal)
            for (number, minutes) in [(1, 100), (2, 101), (3, 20), (4, 21), (5, 200)] {
                try await scene.push(key, RESTScene.file(#""args": ["\#(number)"],"#), at: number)
                let kind: ActionKind = number == 1 ? .create : .replace
                let intent = Intent(commit: RESTScene.sha(number), key: key, kind: kind, run: number)
                let now = RESTScene.start.addingTimeInterval(Double(minutes) * 60)
                for action in try await journal.intend([intent], now: now) {
                    let status = RunStatus(phase: .running, startTime: now)
                    try await journal.conclude(action, intent, outcome: .done, job: nil, status: status, now: now)
                }
            }
            let runs = try await scene.request(Self.path).json.items.elements.compactMap(\.run.int)
            #expect(runs == [5, 4, 3, 2, 1])
            var (paged, next): ([Int], String?) = ([], nil)
            repeat {
                let page = try await scene.request("\(Self.path)?limit=1\(next.map { "&continue=\($0)" } ?? "")").json
                paged += page.items.elements.compactMap(\.run.int)
                next = page.metadata.continue.text
            } while next != nil
            #expect(paged == [5, 4, 3, 2, 1])
        }
    }

    @Test
    func `pages together are the whole, also where newer items come meanwhile`() async throws {
        try await RESTScene.serve { scene in
            try await Self.fill(scene)
            let whole = try await scene.request(Self.path).json.items.elements
            for limit in [1, 2, 4, 5] {
                var items: [JSON] = []
                var next: String?
                repeat {
                    let page = try await scene.request(
                        "\(Self.path)?limit=\(limit)\(next.map { "&continue=\($0)" } ?? "")"
                    ).json
                    #expect(page.items.elements.count <= limit)
                    items += page.items.elements
                    next = page.metadata.continue.text
                } while next != nil
                #expect(items == whole)
            }
            let first = try await scene.request("\(Self.path)?limit=2").json
            let next = try #require(first.metadata.continue.text)
            try await scene.push(RESTScene.key("mnist"), RESTScene.file(), at: 6)
            let second = try await scene.request("\(Self.path)?limit=2&continue=\(next)").json
            #expect(second.items.elements == Array(whole[2..<4]))
            for query in ["limit=0", "continue=x", "sort=id", "continue="] {
                #expect(try await scene.request("\(Self.path)?\(query)").status == 400, "\(query)")
            }
        }
    }

    @Test
    func `a run that a lost journal does not know of is in the history`() async throws {
        try await RESTScene.serve { scene in
            let key = RESTScene.key("mnist")
            let reading = JobFile.read(Array(RESTScene.file().utf8), at: key)
            let job = try #require(reading.job)
            _ = try await scene.journal.adopt(
                RunObservation(
                    id: RunID(key: key, number: 7),
                    job: job,
                    commit: RESTScene.sha(9),
                    status: RunStatus(phase: .succeeded, startTime: RESTScene.start, completionTime: RESTScene.start)
                )
            )
            let items = try await scene.request(Self.path).json.items.elements
            #expect(items.count == 1)
            #expect(items[0].run.int == 7)
            #expect(items[0].phase.text == "succeeded")
            #expect(items[0].action == .null)
            #expect(items[0].result == .null)
            #expect(items[0].commit.text == RESTScene.sha(9))
        }
    }

    @Test
    func `the events and the records of the runs are there, newest first, also of a job that is gone`() async throws {
        try await RESTScene.serve { scene in
            let job = "\(RESTScene.list)/mnist"
            for path in ["events", "runs", "runs/1"] {
                #expect(try await scene.request("\(job)/\(path)").status == 404, "\(path)")
            }
            try await Self.fill(scene)
            let events = try await scene.request("\(job)/events").json.items.elements
            #expect(
                events.compactMap(\.reason.text) == ["Started", "Queued", "Failed", "Started", "Queued"]
            )
            #expect(events.compactMap(\.run.int) == [2, 2, 1, 1, 1])
            #expect(events[2].message.text == "worker-0 exited with code 3")
            #expect(events[2].type.text == "Warning")
            #expect(events[2].time.text == "2026-01-01T00:01:30Z")
            let newest = try await scene.request("\(job)/events?run=1&limit=1").json.items.elements
            #expect(newest == [events[2]])
            let runs = try await scene.request("\(job)/runs").json
            #expect(runs.metadata.total.int == 2)
            #expect(runs.items.elements.map(\.run.int) == [2, 1])
            #expect(runs.items.elements.map(\.phase.text) == ["stopped", "failed"])
            let first = try await scene.request("\(job)/runs/1").json
            #expect(first == runs.items.elements[1])
            #expect(first.spec.runtime.text == "Python_3.11")
            #expect(first.commit.text == RESTScene.sha(1))
            #expect(first.python == .null && first.packages.elements.isEmpty)
            let page = try await scene.request("\(job)/runs?limit=1").json
            let next = try #require(page.metadata.continue.text)
            #expect(try await scene.request("\(job)/runs?limit=1&continue=\(next)").json.items.elements == [first])
            for path in ["runs/3", "runs/0", "runs/x", "runs/99999999999999999999"] {
                #expect(try await scene.request("\(job)/\(path)").status == 404, "\(path)")
            }
        }
    }

    @Test
    func `a record masks secrets`() async throws {
        try await RESTScene.serve { scene in
            let key = RESTScene.key("mnist")
            try await scene.push(key, RESTScene.file(#""environment": {"MY_TOKEN": "hush"},"#), at: 1)
            try await scene.carryOut(key, at: 1)
            let answer = try await scene.request("\(RESTScene.list)/mnist/runs/1")
            #expect(answer.status == 200)
            #expect(answer.text.contains("MY_TOKEN") && !answer.text.contains("hush"))
        }
    }
}
