import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct WaitTests {
    @Test
    func `a commit is waited for until it is applied, and until its runs have finished`() async throws {
        let scene = try await Scene()
        let clone = scene.repository.clone
        let service = try await scene.serve()
        let server = ["--server", service.url.absoluteString]
        let signal = scene.folder.path("signal")
        try scene.repository.write(scene.job("wait", signal).text, to: scene.path("one"))
        let commit = try await scene.repository.publish()
        let applied = try await Tool.run(["wait", "HEAD"] + server, in: clone)
        #expect(applied.code == 0)
        #expect(applied.text == "+ default/team-a/one create done\n\(commit.prefix(12)): applied\n")
        let unfinished = try await Tool.run(
            ["wait", commit, "--for", "finished", "--timeout", "300ms"] + server,
            in: clone
        )
        #expect(unfinished.code == 1)
        #expect(unfinished.text.contains("default/team-a/one is not finished within the time"))
        try Data().write(to: URL(fileURLWithPath: signal))
        let finished = try await Tool.run(["wait", String(commit.prefix(10)), "--for", "finished"] + server, in: clone)
        #expect(finished.code == 0)
        #expect(finished.text.contains("default/team-a/one succeeded\n"))

        try scene.repository.write("{", to: scene.path("bad"))
        try scene.repository.write(scene.job("exit", "3").text, to: scene.path("fails"))
        try await scene.repository.publish()
        let partial = try await Tool.run(["wait", "HEAD", "--for", "finished"] + server, in: clone)
        #expect(partial.code == 1)
        #expect(partial.text.contains("bad.json:1:2: error:"))
        #expect(partial.text.contains("default/team-a/fails failed: "))
        #expect(partial.text.hasSuffix(": partial\n"))
        try await scene.end(service)
        try await service.stop()
    }

    @Test
    func `an unknown commit and an absent service are told apart, and wrong usage from both`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let clone = scene.repository.clone
        let unknown = ["wait", String(repeating: "1", count: 40), "--timeout", "200ms"]
        let result = try await Tool.run(unknown + ["--server", service.url.absoluteString], in: clone)
        #expect(result.code == 1)
        #expect(result.text.contains("no commit \"1111111"))
        try await service.stop()
        let absent = try await Tool.run(
            unknown,
            in: clone,
            environment: ["TFJOB_ADMIN_SERVER": service.url.absoluteString]
        )
        #expect(absent.code == 1)
        #expect(absent.text.contains("no service answers at \(service.url.absoluteString)"))
        for wrong in [["--server", "nonsense"], ["--timeout", "soon"], ["--for", "ever"]] {
            #expect(try await Tool.run(["wait", "HEAD"] + wrong, in: clone).code == 64)
        }
    }

    @Test
    func `a name that stands for no commit is told at once`() async throws {
        let folder = try TemporaryFolder()
        // No service is asked: there is none.
        let result = try await Tool.run(["wait", "HEAD", "--server", "http://127.0.0.1:9"], in: folder.url.path)
        #expect(result.code == 1)
        #expect(result.text.contains("HEAD is no commit of a repository in this folder: write its 40"))
    }

    @Test
    func `a superseded commit has an answer`() async throws {
        let scene = try await Scene()
        try scene.repository.write(scene.job("run", "1").text, to: scene.path("one"))
        let first = try await scene.repository.commit()
        try scene.repository.write(scene.job("run", "2").text, to: scene.path("one"))
        let second = try await scene.repository.publish()
        let service = try await scene.serve()
        let server = ["--server", service.url.absoluteString]
        #expect(try await Tool.run(["wait", second] + server, in: scene.repository.clone).code == 0)
        let superseded = try await Tool.run(["wait", first] + server, in: scene.repository.clone)
        #expect(superseded.code == 1)
        #expect(superseded.text == "\(first.prefix(12)): superseded\n")
        try await scene.end(service)
        try await service.stop()
    }
}
