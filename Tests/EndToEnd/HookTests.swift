import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct HookTests {
    private let scene: Scene

    init() async throws {
        scene = try await Scene()
        try FileManager.default.removeItem(atPath: scene.repository.bare)
        let made = try await Tool.run(["init", "--bare", scene.repository.bare], in: scene.repository.clone)
        #expect(made.code == 0)
        try await scene.repository.git("fetch", "--quiet", "origin")
        try await scene.repository.git("reset", "--quiet", "--hard", "origin/main")
        try scene.repository.remove("clusters")
        try scene.repository.write(Scene.script, to: "code/job.py")
        try await scene.repository.commit("Remove the example")
    }

    /// Pushes, whatever comes of it.
    private func push(
        _ refspec: String = "HEAD:refs/heads/main",
        server: String = "http://127.0.0.1:1",
        _ variables: String...
    ) async throws -> Tool.Result {
        let log = scene.folder.path("\(UUID().uuidString).log")
        let command =
            [
                "env", "TFJOB_ADMIN_SERVER=\(server)",
            ] + variables + ["git", "-C", scene.repository.clone, "push", "origin", refspec]
        let code = try await RunningProgram(command, log: log).wait()
        return Tool.Result(code: code, text: try String(contentsOfFile: log, encoding: .utf8))
    }

    private func remoteHead() async throws -> String {
        try await run(["git", "rev-parse", "main"], in: scene.repository.bare).trimmingCharacters(in: .newlines)
    }

    @Test
    func `a push with a bad job is refused at its line, the good ones with it`() async throws {
        let before = try await remoteHead()
        try scene.repository.write("{\n  \"bootfiel\": 1}", to: scene.path("bad"))
        try scene.repository.write(scene.job("run").text, to: scene.path("good"))
        try await scene.repository.commit()
        let refused = try await push()
        #expect(refused.code == 1)
        #expect(
            refused.text.contains(
                "remote: clusters/default/partitions/team-a/bad.json:2:3: error: the key \"bootfiel\""
            )
        )
        #expect(refused.text.contains("pre-receive hook declined"))
        #expect(try await remoteHead() == before)
        // Another branch is nobody's concern.
        #expect(try await push("HEAD:refs/heads/draft").code == 0)
    }

    @Test
    func `only what a push changes is held against it`() async throws {
        try scene.repository.write("{", to: scene.path("old"))
        try await scene.repository.commit()
        try await run(["git", "config", "core.hooksPath", "/dev/null"], in: scene.repository.bare)
        #expect(try await push().code == 0)
        try await run(["git", "config", "--unset", "core.hooksPath"], in: scene.repository.bare)
        try scene.repository.write(scene.job("run").text, to: scene.path("good"))
        try await scene.repository.commit()
        let accepted = try await push()
        #expect(accepted.code == 0)
        #expect(accepted.text.contains("1 of the other job files can't be used, since before: "))
    }

    @Test
    func `a push that can't be checked in time is refused, and says so`() async throws {
        let before = try await remoteHead()
        for number in 0..<10 {
            let marks = String(repeating: "\u{301}\u{316}", count: 100_000)
            try scene.repository.write(#"{"\#(marks)": {"\#(marks)": 1}}"#, to: scene.path("costly-\(number)"))
        }
        try scene.repository.write("{", to: scene.path("bad"))
        try await scene.repository.commit()
        let late = try await push("HEAD:refs/heads/main", "TFJOB_ADMIN_CHECK_TIME=1ms")
        #expect(late.code == 1)
        #expect(late.text.contains("the push is refused: it could not be checked within 0.001 s"))
        let refused = try await push()
        #expect(refused.code == 1)
        #expect(refused.text.contains("bad.json:1:2: error:"))
        #expect(try await remoteHead() == before)
    }

    @Test
    func `a push without the code that a job runs is refused, also where it takes the code away`() async throws {
        try scene.repository.write(scene.job("run") { $0.bootfile = "jbo.py" }.text, to: scene.path("one"))
        try await scene.repository.commit()
        let refused = try await push()
        #expect(refused.code == 1)
        #expect(refused.text.contains("there is no file \"jbo.py\" in code: did you mean \"job.py\"?"))
        try scene.repository.write(scene.job("run").text, to: scene.path("one"))
        try await scene.repository.commit()
        #expect(try await push().code == 0)
        try await scene.repository.git("mv", "code", "moved")
        try await scene.repository.commit()
        let taken = try await push()
        #expect(taken.code == 1)
        #expect(taken.text.contains("there is no folder \"code\" in this repository"))
    }

    @Test
    func `the push's own output names the jobs that keep their code`() async throws {
        try scene.repository.write(scene.job("run").text, to: scene.path("one"))
        let commit = try await scene.repository.commit()
        #expect(try await push().code == 0)
        try scene.repository.write("print(2)", to: "code/more.py")
        try await scene.repository.commit()
        let pushed = try await push()
        #expect(pushed.code == 0)
        let sentence = "code changed; one keeps the code of \(commit.prefix(7)); set \"rerun\": 1 to run it again"
        #expect(pushed.text.contains(sentence))
    }

    @Test
    func `a push that takes away what another job waits for is refused`() async throws {
        try scene.repository.write(scene.job("run").text, to: scene.path("first"))
        let second = scene.job("run") { $0.more.append(#""dependsOn": ["first"]"#) }
        try scene.repository.write(second.text, to: scene.path("second"))
        try await scene.repository.commit()
        #expect(try await push().code == 0)
        try scene.repository.remove(scene.path("first"))
        try await scene.repository.commit()
        let refused = try await push()
        #expect(refused.code == 1)
        #expect(refused.text.contains("there is no job \"first\" in this partition"))
    }

    @Test
    func `the push's own output says what became of each job`() async throws {
        let service = try await scene.serve()
        let url = service.url.absoluteString
        try scene.repository.write(scene.job("run").text, to: scene.path("one"))
        try scene.repository.write(scene.job("exit", "0").text, to: scene.path("two"))
        try await scene.repository.commit()
        let started = try await push(server: url)
        #expect(started.code == 0)
        #expect(started.text.contains("all is done"))
        #expect(started.text.contains(/remote: +\+ default\/team-a\/one started: run 1 is running/))
        let two = /remote: +\+ default\/team-a\/two started: run 1 is (preparing|running|succeeded)/
        #expect(started.text.contains(two))
        try scene.repository.write(scene.job("run", "x").text, to: scene.path("one"))
        try scene.repository.remove(scene.path("two"))
        try await scene.repository.commit()
        let changed = try await push(server: url)
        #expect(changed.text.contains("± default/team-a/one runs again: run 2 is running"))
        #expect(changed.text.contains("- default/team-a/two stopped and removed"))
        try scene.repository.write("x", to: "README.md")
        try await scene.repository.commit()
        #expect(try await push(server: url).text.contains("no job changes"))
        try scene.repository.remove("clusters")
        try await scene.repository.commit("End\n\nPrune: approve")
        #expect(try await push(server: url).text.contains("- default/team-a/one stopped and removed"))
        try await service.stop()
    }

    @Test
    func `a finished job runs again, and a job that is being stopped is stopping`() async throws {
        let service = try await scene.serve()
        let url = service.url.absoluteString
        try scene.repository.write(scene.job("exit", "0").text, to: scene.path("done"))
        try scene.repository.write(
            "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nexec(open('job.py').read())\n",
            to: "code/stubborn.py"
        )
        let stubborn = scene.job("run") {
            $0.bootfile = "stubborn.py"
            $0.more.append(#""runPolicy": {"gracePeriodSeconds": 8}"#)
        }
        try scene.repository.write(stubborn.text, to: scene.path("long"))
        try await scene.repository.commit()
        #expect(try await push(server: url).code == 0)
        try await service.job("done", reaches: "succeeded")
        try await scene.hasBegun("long", on: service)
        try scene.repository.write(scene.job("exit", "0", "x").text, to: scene.path("done"))
        try scene.repository.remove(scene.path("long"))
        try await scene.repository.commit()
        let pushed = try await push(server: url)
        #expect(pushed.text.contains("± default/team-a/done runs again: run 2 is "))
        #expect(pushed.text.contains(/remote: +- default\/team-a\/long is stopping/))
        try await scene.end(service)
    }

    @Test
    func `a job that can't start is named with its reason, and so is its removal`() async throws {
        // Without the first hook, as on a forge.
        try FileManager.default.removeItem(atPath: scene.repository.bare + "/hooks/pre-receive")
        let service = try await scene.serve()
        let url = service.url.absoluteString
        try scene.repository.write(scene.job("run") { $0.bootfile = "jbo.py" }.text, to: scene.path("boot"))
        try await scene.repository.commit()
        let pushed = try await push(server: url)
        let reason = "there is no file \"jbo.py\" in code: did you mean \"job.py\"?"
        #expect(pushed.text.contains("+ default/team-a/boot could not start: \(reason)"))
        #expect(pushed.text.ranges(of: reason).count == 1)
        try scene.repository.remove(scene.path("boot"))
        try await scene.repository.commit()
        #expect(try await push(server: url).text.contains("- default/team-a/boot removed; it had not started"))
        try await scene.end(service)
    }

    @Test
    func `with the service down the push lands and says so`() async throws {
        try scene.repository.write(scene.job("run").text, to: scene.path("one"))
        let commit = try await scene.repository.commit()
        let pushed = try await push()
        #expect(pushed.code == 0)
        #expect(pushed.text.contains("the push has landed; no service answers at http://127.0.0.1:1"))
        #expect(try await remoteHead() == commit)
    }

    @Test
    func `a server that never answers keeps nobody waiting longer than five seconds`() async throws {
        let silent = try EchoServer.silent()
        try scene.repository.write(scene.job("run").text, to: scene.path("one"))
        try await scene.repository.commit()
        let begin = ContinuousClock.now
        let pushed = try await push(server: "http://127.0.0.1:\(silent.port)")
        #expect(pushed.code == 0)
        #expect(pushed.text.contains("the push has landed"))
        // The hook gives up after 5 s; the rest is git's, and generous for a busy machine. The server would never answer.
        #expect(ContinuousClock.now - begin < promised(.seconds(15)))
    }

    @Test
    func `a first push, a forced one and a deletion of the branch go through`() async throws {
        try await scene.repository.git("checkout", "--quiet", "--orphan", "fresh")
        try scene.repository.write(scene.job("run").text, to: scene.path("one"))
        try await scene.repository.commit()
        #expect(try await push("+HEAD:refs/heads/main").code == 0)
        try await run(["git", "config", "receive.denyDeleteCurrent", "ignore"], in: scene.repository.bare)
        let deleted = try await push(":refs/heads/main")
        #expect(deleted.code == 0)
        #expect(deleted.text.contains("the jobs go on as its last commit had them"))
        #expect(try await push().code == 0)
    }
}
