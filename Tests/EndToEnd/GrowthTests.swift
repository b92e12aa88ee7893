import Foundation
import TestSupport
import Testing

/// What many pushes leave in the state folder.
@Suite(.timeLimit(.minutes(hangLimit)))
struct GrowthTests {
    /// The bytes of the code of one commit.
    private static let codeSize = 1 << 20

    /// The names in a folder of the state; empty if it is absent.
    private func names(_ scene: Scene, _ path: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: scene.folder.path("state/\(path)"))) ?? []
    }

    /// The bytes that a folder of the state has on the disk.
    private func size(_ scene: Scene, _ path: String = "") async throws -> Int {
        let text = try await run(["du", "--bytes", "--summarize", scene.folder.path("state/\(path)")], in: "/")
        return try #require(text.split(separator: "\t").first.flatMap { Int($0) })
    }

    /// Pushes new code, and a job that runs it again.
    private func push(_ number: Int, _ scene: Scene) async throws {
        var generator = SeededGenerator(seed: UInt64(number))
        let words = (0..<Self.codeSize / 16).map { _ in String(generator.next() | 1 << 63, radix: 16) }
        let url = URL(fileURLWithPath: scene.repository.clone).appendingPathComponent("code/data.bin")
        try Data(words.joined().utf8).write(to: url)
        try scene.repository.write(
            scene.job("exit", "0") { $0.more.append(#""rerun": \#(number)"#) }.text,
            to: scene.path("again")
        )
        try await scene.repository.publish("Push \(number)")
    }

    @Test
    func `after many pushes the state has what the rule says, also after a kill, and for a job that is gone`()
        async throws
    {
        let scene = try await Scene()
        let config = scene.folder.path("config.yaml")
        try Data("retention: {runs: 3, age: 10s}\n".utf8).write(to: URL(fileURLWithPath: config))
        var service = try await scene.serve(["--config", config])
        let count = sweep(40, full: 10_000).count
        try scene.repository.write(scene.job("exit", "0").text, to: scene.path("stays"))
        // Without any job left, the deletes would be held.
        try scene.repository.write(scene.job("exit", "0").text, to: scene.path("last"))
        for number in 1...count {
            try await push(number, scene)
            if number % 10 == 0 || number == count {
                let wait = ["wait", "HEAD", "--for", "finished", "--server", service.url.absoluteString]
                let result = try await Tool.run(wait, in: scene.repository.clone)
                #expect(result.code == 0, "\(result.text)")
            }
        }
        let last = try await service.job("again", reaches: "succeeded")
        let run = try #require(last.status.run.int)
        #expect(run >= count / 10)
        // The first removals have begun when the service is killed.
        try await eventually("the sweep has begun", within: .seconds(300)) {
            names(scene, "local/runs/default/team-a/again").count < run
        }
        try await service.crash()
        service = try await scene.serve(["--config", config])
        try await eventually("only the newest run is left, with its code", within: .seconds(400)) {
            let trees = names(scene, "code/trees")
            return names(scene, "local/runs/default/team-a/again") == ["\(run)"] && trees.count <= 1
        }
        #expect(names(scene, "local/notices").allSatisfy { !$0.contains("+again+") || $0.contains("+\(run)+") })
        // The newest run of a job stays for ever.
        #expect(names(scene, "local/runs/default/team-a/stays") == ["1"])
        let history = try await service.request("/api/v1alpha1/clusters/default/partitions/team-a/tfjobs/again/history")
        #expect(try history.json.metadata.total.int == 1)
        #expect(try await service.job("again")?.status.run.int == run)
        let code = try await size(scene, "code") + size(scene, "local")
        // One tree, and the copy that the newest run of each job worked in.
        #expect(code < 4 * Self.codeSize + (1 << 20), "\(code) bytes of code and runs")
        let all = try await size(scene)
        // The reserve for a full disk, the write-ahead log of the journal, and the journal.
        #expect(all < code + (16 + 8 + 2) << 20, "\(all) bytes, \(code) of them of code and runs")
        let actions = try await service.request("/metrics").text.matches(of: /actions_total\{.*result="done"\} (\d+)/)
        #expect(actions.reduce(0) { $0 + (Int($1.1) ?? 0) } >= run)

        // A number is never given twice.
        try scene.repository.remove(scene.path("again"))
        try scene.repository.remove(scene.path("stays"))
        try await scene.repository.publish("Remove the jobs")
        try await eventually("nothing is left of jobs that are gone", within: .seconds(400)) {
            names(scene, "local/runs/default/team-a") == ["last"]
        }
        try await push(count + 1, scene)
        #expect(try await service.job("again", reaches: "succeeded").status.run.int == run + 1)
        try await scene.end(service)
        try await service.stop()
    }
}
