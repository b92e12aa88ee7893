import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct StatusTests {
    /// A partition with a job that succeeded, one that runs, and one whose file can't be used.
    private func published(_ scene: Scene) async throws {
        try scene.repository.write(scene.job("exit", "0").text, to: scene.path("done"))
        try scene.repository.write(scene.job("run") { $0.replicas = [("worker", 2)] }.text, to: scene.path("runs"))
        try scene.repository.write("{", to: scene.path("broken"))
        try scene.repository.write(scene.job("exit", "1").text, to: "clusters/other/partitions/team-b/fails.json")
        try await scene.repository.publish()
    }

    private func settled(_ scene: Scene, _ service: ServiceProcess) async throws {
        try await published(scene)
        try await service.job("done", reaches: "succeeded")
        try await eventually("both run") {
            try await service.job("runs")?.status.replicas.elements.count { $0.status.text == "Running" } == 2
        }
        try await eventually("it fails") {
            try await service.job("fails", partition: "team-b", cluster: "other")?.status.phase.text == "failed"
        }
    }

    private func rows(_ text: String) -> [[String]] {
        text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    }

    @Test
    func `every scope is a table, and the service's own objects as JSON`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let environment = ["TFJOB_ADMIN_SERVER": service.url.absoluteString]
        let clone = scene.repository.clone
        let empty = try await Tool.run(["status"], in: clone, environment: environment)
        #expect(empty.code == 0)
        #expect(empty.text == "tfjob-admin: there are no jobs, or none that you may see\n")
        #expect(try await Tool.run(["status", "--format", "json"], in: clone, environment: environment).text == "[]\n")
        try await settled(scene, service)

        let all = try await Tool.run(["status"], in: clone, environment: environment)
        #expect(all.code == 0)
        #expect(!all.text.contains("\u{1B}"))
        #expect(!all.text.contains(" \n"))
        let table = rows(all.text)
        #expect(table[0] == ["JOB", "PHASE", "RUN", "READY", "STARTED", "TIME", "COMMIT", "AUTHOR", "MESSAGE"])
        #expect(
            table.dropFirst().map { $0.prefix(2) } == [
                ["default/team-a/runs", "running"], ["default/team-a/broken", "held"],
                ["other/team-b/fails", "failed"], ["default/team-a/done", "succeeded"],
            ]
        )
        #expect(table[2].dropFirst(3).joined(separator: " ").hasPrefix("ann@example.org 1:2: "))
        #expect(table[1][2...3] == ["1", "2/2"])
        for (scope, count) in [("default", 4), ("default/team-a", 4), ("other", 2), ("other/team-b", 2)] {
            let some = try await Tool.run(["status", scope], in: clone, environment: environment)
            #expect(rows(some.text).count == count, "\(scope)")
        }
        let one = try await Tool.run(["status", "default/team-a/runs"], in: clone, environment: environment).text
        #expect(one.contains("\n\nREPLICA        STATUS   RESTARTS  STARTED"))
        #expect(one.contains("\nruns-worker-1  Running         0  20"))
        let broken = try await Tool.run(["status", "default/team-a/broken"], in: clone, environment: environment).text
        #expect(broken.contains("\n\nclusters/default/partitions/team-a/broken.json:1:2: error: "))

        let server = ["--server", service.url.absoluteString, "--format", "json"]
        let objects = try await Tool.json(["status", "default/team-a"] + server, in: clone).document
        #expect(objects.elements == (try await service.jobs()))
        let object = try await Tool.json(["status", "default/team-a/done"] + server, in: clone).document
        #expect(object.elements == [try await service.job("done")])
        try await scene.end(service)
    }

    @Test(arguments: [12, 30, 47, 60, 80, 81, 100, 140])
    func `a table fits its terminal`(columns: Int) async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        try scene.repository.write("{\"日本語のキー\": 1}", to: scene.path("broken-\(String(repeating: "x", count: 30))"))
        try scene.repository.write("{", to: scene.path("b"))
        try await scene.repository.git("add", "--all")
        try await run(
            [
                "git", "-c", "user.name=Ann\u{1B}]0;title\u{7}", "-c", "user.email=小林さん\u{202E}👩‍👩‍👧@例え.jp", "commit",
                "-qm", "Break",
            ],
            in: scene.repository.clone
        )
        try await scene.repository.push()
        try await eventually("they are held") { try await service.jobs().count == 2 }
        for scope in ["default", "default/team-a/b"] {
            let arguments = ["status", scope, "--server", service.url.absoluteString]
            let terminal = try await PseudoTerminal(arguments, columns: columns, in: scene.folder)
            #expect(try await terminal.wait() == 0)
            let written = try terminal.written
            let plain = written.replacing(/\u{1B}\[[0-9;]*m/, with: "")
            #expect(!plain.contains("\u{1B}") && !plain.contains("\u{202E}") && !plain.contains("\u{200D}"))
            let lines = plain.split(separator: "\r\n", omittingEmptySubsequences: false)
            // What the terminal shows are the very lines: none was wrapped, and no wide character fell apart.
            let screen = try await terminal.screen().split(separator: "\n", omittingEmptySubsequences: false)
            #expect(screen.map { $0.filter { $0 != " " } } == lines.dropLast().map { $0.filter { $0 != " " } })
            #expect(lines.first?.hasPrefix("JOB") == true)
            #expect(columns < 47 || written.contains("held"))
        }
        try await scene.end(service)
    }

    @Test
    func `colour is for terminals, and not with NO_COLOR`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        try scene.repository.write("{", to: scene.path("broken"))
        try await scene.repository.publish()
        try await eventually("it is held") { try await service.job("broken") != nil }
        let arguments = ["status", "--server", service.url.absoluteString]
        for (environment, isColoured) in [
            ([:], true), (["NO_COLOR": "1"], false), (["NO_COLOR": ""], true), (["TERM": "dumb"], false),
        ] {
            let variables = ["TERM": "xterm"].merging(environment) { $1 }
            let terminal = try await PseudoTerminal(arguments, environment: variables, in: scene.folder)
            try await terminal.wait()
            let written = try terminal.written
            #expect(written.contains("\u{1B}[33mheld\u{1B}[0m") == isColoured, "\(environment)")
        }
        try await scene.end(service)
    }

    @Test
    func `a list of many pages is whole`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        for number in 0..<1203 {
            try scene.repository.write("{", to: scene.path("job-\(number)"))
        }
        try await scene.repository.publish()
        let all = "/api/v1alpha1/clusters/default/partitions/team-a/tfjobs?limit=1"
        try await eventually("all are held") {
            try await service.request(all).json.metadata.total.int == 1203
        }
        let result = try await Tool.json(
            ["status", "--format", "json", "--server", service.url.absoluteString],
            in: scene.repository.clone
        )
        #expect(Set(result.document.elements.compactMap(\.metadata.id.text)).count == 1203)
        #expect(result.document.elements.count == 1203)
        try await scene.end(service)
    }
}
