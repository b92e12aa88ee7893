import Foundation
import TestSupport
import Testing

/// Pushes what an attacker would, one after the other, to one service: every surface answers, and the next good commit is applied.
@Suite(.timeLimit(.minutes(hangLimit)))
struct HostileRepositoryTests {
    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("hostile_repository.py").path
    /// A job that is never started.
    private static let more = [#""runPolicy": {"suspend": true}"#]

    static let tables: [(name: String, rows: [HostileRow])] = [
        ("people", HostileCommits.people), ("dates", HostileCommits.dates), ("messages", HostileCommits.messages),
        ("names", HostileTrees.names), ("kinds", HostileTrees.kinds), ("sizes", HostileTrees.sizes),
        ("damage", HostileTrees.damage),
    ]

    @Test
    func `the table has at least sixty rows, each with a name of its own`() {
        let rows = Self.tables.flatMap(\.rows)
        #expect(rows.count >= 60)
        #expect(Set(rows.map(\.name)).count == rows.count)
    }

    @Test(arguments: tables.map(\.name))
    func `a hostile push stops nothing`(table: String) async throws {
        let scene = try await Scene()
        try scene.repository.write(job("first"), to: scene.path("a"))
        try await scene.repository.publish()
        let service = try await scene.serve()
        try await isApplied("first", scene, service)
        for (number, row) in (Self.tables.first { $0.name == table }?.rows ?? []).enumerated() {
            let base = try await scene.repository.git("ls-remote", scene.repository.bare, "refs/heads/main").prefix(40)
            do {
                let head = try await push(row.snippet, scene)
                try await check(row, head, base: String(base), scene, service)
                let good = "good-\(number)"
                try scene.repository.write(job(good), to: "../good.json")
                let file = scene.folder.path("good.json")
                let parent = row.isParent ? head : String(base)
                _ = try await push(
                    """
                    tree_of_base = git('rev-parse', '\(base)^{tree}').stdout.decode().strip()
                    head = commit(put(tree_of_base, JOB, '100644', blob(open('\(file)', 'rb').read())), ['\(parent)'])
                    """,
                    scene
                )
                try await isApplied(good, scene, service)
            } catch {
                Issue.record("\(row.name): \(error)")
                break
            }
        }
        #expect(try await service.stop() == 0)
    }

    private func job(_ description: String) -> String {
        JobText().with { job in
            job.description = description
            job.more = Self.more
        }.text
    }

    private func push(_ snippet: String, _ scene: Scene) async throws -> String {
        let path = scene.folder.path("snippet.py")
        try Data(snippet.utf8).write(to: URL(fileURLWithPath: path))
        let command = #"python3 "$0" "$1" "$2" < "$3""#
        let arguments = [Self.script, scene.repository.clone, scene.repository.bare, path]
        return String(try await run(["sh", "-c", command] + arguments, in: scene.folder.url.path).prefix(40))
    }

    private func check(
        _ row: HostileRow,
        _ head: String,
        base: String,
        _ scene: Scene,
        _ service: ServiceProcess
    ) async throws {
        let repository = ["--repository", scene.repository.bare]
        let validated = try await Tool.run(["validate", "--revision", head] + repository, in: scene.folder.url.path)
        #expect((validated.code == 0) == row.isValid, "\(row.name): \(validated.text)")
        #expect(validated.code < 128, "\(row.name): \(validated.text)")
        #expect(row.validate.map(validated.text.contains) != false, "\(row.name): \(validated.text)")
        let planned = try await Tool.run(
            ["plan", "--base", base, "--head", head] + repository,
            in: scene.folder.url.path
        )
        #expect(planned.code < 128, "\(row.name): \(planned.text)")
        var text = ""
        try await eventually("\(row.name): the service has looked at \(head)") {
            let ping = try await service.request("/api/ping")
            #expect(ping.status == 200)
            let report = try await service.request("/api/v1alpha1/commits/\(head)")
            text = String(decoding: ping.body + report.body, as: UTF8.self)
            let json = try ping.json
            return json.reconcile.lastAttempted.text == head || json.repository.error.text?.isEmpty == false
        }
        #expect(row.report.map(text.contains) != false, "\(row.name): \(text)")
        #expect(try await service.request("/api/v1alpha1/clusters/default/partitions/team-a/tfjobs").status == 200)
        #expect(try await service.job("a")?.spec.description.text != nil, "\(row.name): the job is gone")
    }

    private func isApplied(_ description: String, _ scene: Scene, _ service: ServiceProcess) async throws {
        try await eventually("\(description) is applied") {
            guard try await service.job("a")?.spec.description.text == description else { return false }
            let ping = try await service.request("/api/ping").json
            return ping.repository.error.text == nil && ping.reconcile.pending.int == 0
        }
    }
}
