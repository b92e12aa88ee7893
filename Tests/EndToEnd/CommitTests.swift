import Foundation
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(hangLimit)))
struct CommitTests {
    @Test
    func `an invalid file holds its job, shows why, and keeps no other job waiting`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let job = scene.job("run")
        try scene.repository.write(job.text, to: scene.path("one"))
        try await scene.repository.publish()
        try await service.job("one", reaches: "running")
        let start = try await firstValue("the script runs") { try scene.starts().first }

        try scene.repository.write(job.with { $0.more.append(#""conunt": 1"#) }.text, to: scene.path("one"))
        try scene.repository.write(job.text, to: scene.path("two"))
        try scene.repository.write("{", to: scene.path("three"))
        try await scene.repository.publish()
        try await service.job("two", reaches: "running")
        let held = try #require(try await service.job("one"))
        #expect(held.status.phase.text == "running")
        #expect(held.status.run.int == 1)
        #expect(held.status.issues[0].severity.text == "error")
        #expect(held.status.issues[0].path.text == scene.path("one"))
        #expect(held.status.issues[0].pointer.text == "/conunt")
        #expect((held.status.issues[0].line.int ?? 0) > 1)
        #expect(held.spec.runtime.text != nil)
        #expect(start.isAlive)

        let never = try #require(try await service.job("three"))
        #expect(never.spec == .null)
        #expect(never.status.phase.text == "held")
        #expect(never.status.issues.elements.count == 1)

        try scene.repository.write(job.text, to: scene.path("one"))
        try await scene.repository.publish()
        try await eventually("the issue is gone") {
            try await service.job("one")?.status.issues.elements == []
        }
        #expect(start.isAlive)
        #expect(try scene.starts().count { $0.pid == start.pid } == 1)
        try await scene.end(service)
    }

    @Test
    func `fifty jobs in one push all run and all finish`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let gate = scene.folder.path("gate")
        for number in 0..<50 {
            try scene.repository.write(scene.job("wait", gate, "\(number)").text, to: scene.path("job-\(number)"))
        }
        try await scene.repository.publish()
        try await eventually("all fifty run") {
            let jobs = try await service.jobs()
            return jobs.count == 50 && jobs.allSatisfy { $0.status.phase.text == "running" }
        }
        try Data().write(to: URL(fileURLWithPath: gate))
        try await eventually("all fifty succeed") {
            try await service.jobs().allSatisfy { $0.status.phase.text == "succeeded" }
        }
        #expect(try scene.starts().count == 50)
        try await scene.end(service)
    }

    @Test
    func `of twenty pushes in a row the last one wins and nothing of the others is left`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        for number in 1...20 {
            try scene.repository.write(scene.job("run", "\(number)").text, to: scene.path("one"))
            if number == 10 {
                try scene.repository.write(scene.job("run", "other").text, to: scene.path("passing"))
            } else if number == 12 {
                try scene.repository.remove(scene.path("passing"))
            }
            try await scene.repository.publish("Push \(number)")
        }
        let commit = try await scene.repository.git("rev-parse", "HEAD").trimmingCharacters(in: .whitespacesAndNewlines)
        try await eventually("the last push runs") {
            guard let job = try await service.job("one"), job.metadata.commit.text == commit else { return false }
            return job.spec.args[1].text == "20" && job.status.phase.text == "running"
        }
        try await eventually("nothing is pending") {
            let ping = try await service.request("/api/ping").json
            #expect(ping.clusters.elements.map(\.id.text) == ["default"])
            let protections = ping.clusters.elements.flatMap(\.protections.elements).map(\.text)
            #expect(protections.contains("memoryWatch") != protections.contains("memoryLimit"))
            return ping.reconcile.pending.int == 0 && ping.reconcile.lastApplied.text == commit
        }
        let alive = try await firstValue("the last run's script runs") {
            let alive = try scene.starts().filter(\.isAlive)
            return alive.isEmpty ? nil : alive
        }
        #expect(alive.map(\.args) == ["run 20"])
        #expect(try scene.leftovers().count == 2)
        #expect(try await service.jobs().count == 1)
        try await scene.end(service)
    }

    @Test
    func `an empty repository and one without the branch list no jobs, and the first push is picked up`() async throws {
        for prepare in [false, true] {
            let scene = try await Scene()
            if prepare {
                try await scene.repository.commit("Another branch")
                try await scene.repository.push("other")
            }
            let service = try await scene.serve()
            let list = try await service.request("/api/v1alpha1/clusters/default/partitions/team-a/tfjobs")
            #expect(list.status == 200)
            #expect(try list.json.items == .array([]))
            #expect(try list.json.metadata.total.int == 0)
            try scene.repository.write(scene.job("exit", "0").text, to: scene.path("one"))
            try await scene.repository.publish()
            try await service.job("one", reaches: "succeeded")
            try await scene.end(service)
        }
    }

    @Test
    func `a branch that is packed and one that is moved by hand are noticed at once`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve(["--config", try quietPoll(scene)])
        try scene.repository.write(scene.job("exit", "0").text, to: scene.path("one"))
        try await scene.repository.publish()
        try await service.job("one", reaches: "succeeded")
        try await run(["git", "pack-refs", "--all"], in: scene.repository.bare)
        try scene.repository.write(scene.job("exit", "0", "again").text, to: scene.path("one"))
        let commit = try await scene.repository.commit()
        try await scene.repository.push("staged")
        try await run(["git", "update-ref", "refs/heads/main", commit], in: scene.repository.bare)
        try await service.job("one", reaches: "succeeded", run: 2)
        try await scene.end(service)
    }

    /// A configuration whose poll is too slow to be what noticed.
    private func quietPoll(_ scene: Scene) throws -> String {
        let path = scene.folder.path("config.yaml")
        try Data("repository: {interval: 1h}\n".utf8).write(to: URL(fileURLWithPath: path))
        return path
    }
}
