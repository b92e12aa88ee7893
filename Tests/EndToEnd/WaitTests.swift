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
        let successor = "superseded by newer commits: see tfjob-admin commit \(second.prefix(12))"
        #expect(superseded.text == "\(first.prefix(12)): \(successor)\n")
        try await scene.end(service)
        try await service.stop()
    }

    @Test
    func `a commit that has not arrived is said at once, and so is a name that no commit can have`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        try await scene.repository.publish()
        let server = ["--server", service.url.absoluteString]
        let outside = scene.folder.path("outside")
        try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: true)
        let unknown = try await Tool.run(["wait", "deadbeef", "--timeout", "300ms"] + server, in: outside)
        #expect(unknown.code == 1)
        #expect(unknown.text.hasPrefix("tfjob-admin: no commit deadbeef has reached main yet; waiting\n"))
        #expect(unknown.text.split(separator: "\n").count == 2, "\(unknown.text)")
        for name in ["abc", "xyz1", String(repeating: "a", count: 65), "HEAD"] {
            let result = try await Tool.run(["wait", name] + server, in: outside)
            #expect(result.code == 1)
            #expect(result.text.contains("\(name) is no commit of a repository in this folder"), "\(name)")
        }
        try await service.stop()
    }

    @Test
    func `a commit whose job waits for one that fails is applied, and the wait for its end says why`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let clone = scene.repository.clone
        let server = ["--server", service.url.absoluteString]
        let gate = scene.folder.path("gate")
        let failing = scene.job("wait", gate)
        try scene.repository.write(failing.with { $0.bootfile = "late.py" }.text, to: scene.path("bugb"))
        try scene.repository.write(
            "import os, sys, time\nwhile not os.path.exists(sys.argv[2]): time.sleep(0.02)\nsys.exit(3)\n",
            to: "code/late.py"
        )
        let dependent = scene.job("exit", "0") { $0.more.append(#""dependsOn": ["bugb"]"#) }
        try scene.repository.write(dependent.text, to: scene.path("after"))
        let commit = try await scene.repository.publish()
        let applied = try await Tool.run(["wait", commit] + server, in: clone)
        #expect(applied.code == 0, "\(applied.text)")
        #expect(applied.text.contains("+ default/team-a/after create pending: waits until these have succeeded: bugb"))
        #expect(applied.text.hasSuffix(": applied\n"))
        try await eventually("nothing is pending") {
            let ping = try await service.request("/api/ping").json.reconcile
            return ping.pending.int == 0 && ping.lastApplied.text == commit
        }

        try Data().write(to: URL(fileURLWithPath: gate))
        let finished = try await Tool.run(["wait", commit, "--for", "finished"] + server, in: clone)
        #expect(finished.code == 1)
        let reason = "bugb failed (run 1); starts when a later run of it succeeds"
        #expect(finished.text.contains("default/team-a/after not started: \(reason)"), "\(finished.text)")
        #expect(try await service.job("after")?.status.message.text == reason)
        #expect(try await service.job("after")?.status.reason.text == "DependencyFailed")

        // A later run that succeeds starts it.
        try scene.repository.write(scene.job("exit", "0").text, to: scene.path("bugb"))
        try await scene.repository.publish("Mend")
        try await service.job("after", reaches: "succeeded")
        let shown = try await Tool.run(["commit", commit] + server, in: clone)
        #expect(shown.code == 0)
        #expect(shown.text.contains("+ default/team-a/after create done\n"))
        #expect(shown.text.hasPrefix("\(commit.prefix(12)) ann@example.org: "))
        try await scene.end(service)
    }

    @Test
    func `on a terminal a line for each job shows how far it is, and is gone at the end`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let gate = scene.folder.path("gate")
        for id in ["one", "two"] {
            try scene.repository.write(scene.job("wait", gate).text, to: scene.path(id))
        }
        let commit = try await scene.repository.publish()
        let terminal = try await PseudoTerminal(
            ["wait", commit, "--for", "finished", "--server", service.url.absoluteString],
            columns: 80,
            in: scene.folder
        )
        try await eventually("both run") {
            let screen = try await terminal.screen()
            return screen == "default/team-a/one running\ndefault/team-a/two running"
        }
        try Data().write(to: URL(fileURLWithPath: gate))
        #expect(try await terminal.wait() == 0)
        let screen = try await terminal.screen()
        let ends = ["one", "two"].map { "default/team-a/\($0) succeeded\n" }.joined()
        let starts = ["one", "two"].map { "+ default/team-a/\($0) create done\n" }.joined()
        #expect(screen == "\(starts)\(ends)\(commit.prefix(12)): applied")
        try await scene.end(service)
    }

    @Test(arguments: [
        ("stop", #"set "suspend": true"#), ("cancel", #"set "suspend": true"#), ("delete", "git rm the file"),
        ("list", "tfjob-admin status"),
    ])
    func `a verb of other tools says what to do instead`(verb: String, advice: String) async throws {
        let folder = try TemporaryFolder()
        let result = try await Tool.run([verb, "default/team-a/one", "--now"], in: folder.url.path)
        #expect(result.code == 64)
        #expect(result.text.contains(advice))
    }
}
