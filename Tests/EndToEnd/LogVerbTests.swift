import Foundation
import Glibc
import TestSupport
import Testing

/// `tfjob-admin logs` and `history` beside a real service.
@Suite(.timeLimit(.minutes(hangLimit)))
struct LogVerbTests {
    /// Prints bytes of every kind, then lines with a number each, until a file is there.
    private static let script = #"""
        import os, sys, time
        out = sys.stdout.buffer
        replica = os.environ["TFJOB_REPLICA_TYPE"] + "-" + os.environ["TFJOB_REPLICA_INDEX"]
        out.write(f"{replica} run {os.environ['TFJOB_RUN']}\n".encode() + bytes(range(256)) + b"\n")
        number = 0
        while not os.path.exists(sys.argv[1]):
            out.write(b"line %d\n" % number)
            out.flush()
            number += 1
            time.sleep(0.005)
        # With worker 0 the run is over, and who still writes is ended: it waits until the others have written all.
        marks = [f"{sys.argv[2]}-{os.environ['TFJOB_RUN']}-{name}" for name in ["worker-1", "ps-0"]]
        while replica == "worker-0" and not all(map(os.path.exists, marks)):
            time.sleep(0.005)
        out.write(b"the end")
        out.flush()
        open(f"{sys.argv[2]}-{os.environ['TFJOB_RUN']}-{replica}", "w").close()
        """#

    private func write(_ scene: Scene, until signal: String, description: String = "A test") throws {
        try scene.repository.write(Self.script, to: "code/count.py")
        let job = scene.job(signal, scene.folder.path("mark")) { job in
            job.bootfile = "count.py"
            job.description = description
            job.replicas = [("worker", 2), ("ps", 1)]
        }
        try scene.repository.write(job.text, to: scene.path("one"))
    }

    private func output(_ arguments: [String], _ service: ServiceProcess, _ scene: Scene) async throws -> Data {
        let file = scene.folder.path(UUID().uuidString)
        let words = ([BuiltExecutable.path] + arguments).map { "'\($0)'" }.joined(separator: " ")
        let command = "\(words) --server \(service.url.absoluteString) > \(file)"
        try await run(["timeout", "120", "sh", "-c", command], in: scene.folder.url.path)
        return try Data(contentsOf: URL(fileURLWithPath: file))
    }

    @Test
    func `a log is followed to its end over a stop, a crash and a start of the service`() async throws {
        let scene = try await Scene()
        var service = try await scene.serve()
        let port = try #require(service.url.port)
        let signal = scene.folder.path("signal")
        try write(scene, until: signal)
        try await scene.repository.publish()
        try await service.job("one", reaches: "running")
        let file = scene.folder.path("followed")
        let logs = [BuiltExecutable.path, "logs", "default/team-a/one", "--server", service.url.absoluteString]
        let command = (logs + ["--follow"]).joined(separator: " ")
        let follower = try await RunningProgram(["sh", "-c", "exec \(command) > \(file) 2> \(file).errors"])
        func lines() -> Int {
            (FileManager.default.contents(atPath: file) ?? Data()).count { $0 == UInt8(ascii: "\n") }
        }
        try await eventually("it follows") { lines() > 20 }
        try await service.stop()
        service = try await scene.serve(listen: "127.0.0.1:\(port)")
        var seen = lines()
        try await eventually("it goes on") { lines() > seen + 20 }
        try await service.crash()
        // Lines that are written while nobody serves them.
        seen = lines()
        try Data().write(to: URL(fileURLWithPath: signal))
        service = try await scene.serve(listen: "127.0.0.1:\(port)")
        #expect(try await follower.wait() == 0)
        let followed = try Data(contentsOf: URL(fileURLWithPath: file))
        #expect(followed.starts(with: Data("worker-0 run 1\n".utf8) + Data(0...255)))
        #expect(followed.suffix(8) == Data("\nthe end".utf8))
        #expect(try await output(["logs", "default/team-a/one"], service, scene) == followed)
        try await scene.end(service)
    }

    @Test
    func `replicas, runs and last lines are picked, and what is not there is told`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let signal = scene.folder.path("signal")
        try Data().write(to: URL(fileURLWithPath: signal))
        try write(scene, until: signal)
        try await scene.repository.publish()
        try await service.job("one", reaches: "succeeded")
        try write(scene, until: scene.folder.url.path)
        try await scene.repository.publish("Again")
        try await service.job("one", reaches: "succeeded", run: 2)
        for (arguments, start) in [
            ([], "worker-0 run 2\n"), (["--replica", "worker-1"], "worker-1 run 2\n"),
            (["--replica", "one-ps-0", "--run", "1"], "ps-0 run 1\n"), (["--run", "1"], "worker-0 run 1\n"),
            (["--follow"], "worker-0 run 2\n"), (["--follow", "--run", "1"], "worker-0 run 1\n"),
            (["--tail", "1"], "the end"), (["--tail", "1", "--follow"], "the end"), (["--tail", "0"], ""),
        ] as [([String], String)] {
            let text = try await output(["logs", "default/team-a/one"] + arguments, service, scene)
            #expect(text.starts(with: Data(start.utf8)), "\(arguments)")
            #expect(arguments.contains("--tail") ? text == Data(start.utf8) : text.suffix(7) == Data("the end".utf8))
        }
        for (arguments, message) in [
            (["--replica", "worker-2"], "has no replica"), (["--run", "9"], "there is no run 9"),
            (["--follow", "--replica", "ps-7"], "has no replica"), (["--follow", "--run", "9"], "there is no run 9"),
        ] {
            let logs = ["logs", "default/team-a/one", "--server", service.url.absoluteString] + arguments
            let result = try await Tool.run(logs, in: scene.repository.clone)
            #expect(result.code == 1)
            #expect(result.text.contains(message), "\(arguments): \(result.text)")
        }
        try await scene.end(service)
    }

    @Test
    func `a log that is followed ends well where the job is removed`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        try write(scene, until: scene.folder.path("never"))
        try await scene.repository.publish()
        try await service.job("one", reaches: "running")
        let file = scene.folder.path("followed")
        let logs = ["logs", "default/team-a/one", "--follow", "--server", service.url.absoluteString]
        let follower = try await RunningProgram([BuiltExecutable.path] + logs, log: file)
        try await eventually("it follows") { (FileManager.default.contents(atPath: file)?.count ?? 0) > 1000 }
        try scene.repository.remove(scene.path("one"))
        try await scene.repository.publish()
        #expect(try await follower.wait() == 0)
        try await scene.end(service)
    }

    @Test
    func `whoever follows a job that has not begun waits for it`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let signal = scene.folder.path("signal")
        try scene.repository.write(scene.job("wait", signal).text, to: scene.path("first"))
        let job = scene.job("exit", "0") { $0.more.append(#""dependsOn": ["first"]"#) }
        try scene.repository.write(job.text, to: scene.path("second"))
        try await scene.repository.publish()
        try await eventually("it is there") { try await service.job("second") != nil }
        let file = scene.folder.path("followed")
        let logs = [
            BuiltExecutable.path, "logs", "default/team-a/second", "--follow", "--server", service.url.absoluteString,
        ]
        let follower = try await RunningProgram(logs, log: file)
        try await eventually("it waits") { try String(contentsOfFile: file, encoding: .utf8).contains("; waiting\n") }
        try Data().write(to: URL(fileURLWithPath: signal))
        #expect(try await follower.wait() == 0)
        #expect(try String(contentsOfFile: file, encoding: .utf8).hasSuffix("started exit 0\n"))
        try await scene.end(service)
    }

    /// Runs `logs` with its two outputs apart.
    private func logs(_ job: String, _ more: [String] = [], _ service: ServiceProcess, _ scene: Scene) async throws
        -> (code: Int32, output: String, errors: String)
    {
        let errors = scene.folder.path(UUID().uuidString)
        let words = [BuiltExecutable.path, "logs", job, "--server", service.url.absoluteString] + more
        let command = words.map { "'\($0)'" }.joined(separator: " ") + " 2> \(errors)"
        let program = try await RunningProgram(["sh", "-c", command], log: errors + ".out")
        let code = try await program.wait()
        let output = try String(contentsOfFile: errors + ".out", encoding: .utf8)
        return (code, output, try String(contentsOfFile: errors, encoding: .utf8))
    }

    @Test
    func `the log of a job that has not started is the reason, on standard error`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let signal = scene.folder.path("signal")
        try scene.repository.write(scene.job("wait", signal).text, to: scene.path("first"))
        let waiting = scene.job("exit", "0") { $0.more.append(#""dependsOn": ["first"]"#) }
        try scene.repository.write(waiting.text, to: scene.path("second"))
        try scene.repository.write("{", to: scene.path("bad"))
        try await scene.repository.publish()
        let wait = ["wait", "HEAD", "--server", service.url.absoluteString]
        _ = try await Tool.run(wait, in: scene.repository.clone)
        for (id, reason) in [
            ("second", "it is queued: waits until these have succeeded: first"), ("bad", "it is held: 1:2: "),
        ] {
            let result = try await logs("default/team-a/\(id)", [], service, scene)
            #expect(result.code == 1)
            #expect(result.output == "")
            #expect(
                result.errors.hasPrefix("tfjob-admin: default/team-a/\(id) has not started: \(reason)"),
                "\(result)"
            )
        }
        try await scene.end(service)
    }

    @Test
    func `the log of a job whose runtime is being installed is that of pip, with the reason beside it`() async throws {
        let scene = try await Scene()
        let index = ["PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PIP_FIND_LINKS": ""]
        let service = try await ServiceProcess(
            repository: scene.repository.bare,
            in: scene.folder,
            wrapper: ["env", "PIP_CONFIG_FILE=/dev/null"] + index.map { "\($0.key)=\($0.value)" }
        )
        let job = scene.job("exit", "0") { $0.runtime = "Python_\(PythonVersion.current)+Tensorflow_2.15.1" }
        try scene.repository.write(job.text, to: scene.path("one"))
        try await scene.repository.publish()
        try await eventually("pip has failed", within: .seconds(300)) {
            try await service.job("one")?.status.message.text?.contains("does not answer") == true
        }
        let result = try await logs("default/team-a/one", [], service, scene)
        #expect(result.code == 0)
        #expect(result.output.contains("Looking in indexes: http://127.0.0.1:9/simple"), "\(result)")
        let reason = "tfjob-admin: default/team-a/one has not started: it is preparing: "
        #expect(result.errors.hasPrefix(reason), "\(result)")
        #expect(result.errors.contains("the package index does not answer"), "\(result)")
        try await scene.end(service)
    }

    @Test
    func `the text of sys.exit is the cause in the message, and an unpushed commit says so`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        try scene.repository.write(
            "import sys\nprint('begun')\nsys.exit('there is no data in /data')\n",
            to: "code/quit.py"
        )
        let job = scene.job {
            $0.bootfile = "quit.py"
            $0.more.append(#""runPolicy": {"backoffLimit": 0}"#)
        }
        try scene.repository.write(job.text, to: scene.path("quits"))
        try await scene.repository.publish()
        let failed = try await service.job("quits", reaches: "failed")
        #expect(failed.status.message.text?.contains("there is no data in /data") == true, "\(failed.status.message)")
        try scene.repository.write("", to: "notes")
        try await scene.repository.commit("Not pushed")
        let result = try await Tool.run(
            ["commit", "HEAD", "--server", service.url.absoluteString],
            in: scene.repository.clone
        )
        #expect(result.code == 1 && result.text.contains("is not known to the service: git push it"), "\(result)")
        try await scene.end(service)
    }

    @Test
    func `the replica that failed is shown by default, and a hint names the others`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        try scene.repository.write(
            """
            import os, sys, time
            print("I am", os.environ["TFJOB_REPLICA_INDEX"])
            if os.environ["TFJOB_REPLICA_INDEX"] == "1":
                sys.exit(3)
            time.sleep(600)
            """,
            to: "code/fails.py"
        )
        let job = scene.job { job in
            job.bootfile = "fails.py"
            job.replicas = [("worker", 2)]
            job.more.append(#""runPolicy": {"gracePeriodSeconds": 1}"#)
        }
        try scene.repository.write(job.text, to: scene.path("one"))
        try await scene.repository.publish()
        try await service.job("one", reaches: "failed")
        for more in [[], ["--follow"]] {
            let result = try await logs("default/team-a/one", more, service, scene)
            #expect(result.code == 0)
            #expect(result.output == "I am 1\n", "\(result)")
            let hint = "tfjob-admin: this is worker-1, which failed; --replica shows another: worker-0\n"
            #expect(result.errors == hint, "\(result)")
        }
        let leader = try await logs("default/team-a/one", ["--replica", "worker-0"], service, scene)
        #expect(leader.output == "I am 0\n")
        #expect(leader.errors == "")

        // An older run has the replica that failed in it.
        try scene.repository.write(scene.job("exit", "0") { $0.replicas = [("worker", 2)] }.text, to: scene.path("one"))
        try await scene.repository.publish("Mend")
        try await service.job("one", reaches: "succeeded", run: 2)
        #expect(try await logs("default/team-a/one", ["--run", "1"], service, scene).output == "I am 1\n")
        let mended = try await logs("default/team-a/one", [], service, scene)
        #expect(mended.output == "started exit 0\n")
        #expect(mended.errors == "tfjob-admin: this is worker-0; --replica shows another: worker-1\n")
        try await scene.end(service)
    }

    @Test(arguments: ["ps", "worker"])
    func `the name of a replica is read as such also where the job has the id of a type`(id: String) async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let job = scene.job("exit", "0") { $0.replicas = [("ps", 1), ("worker", 1)] }
        try scene.repository.write(job.text, to: scene.path(id))
        try await scene.repository.publish()
        try await service.job(id, reaches: "succeeded")
        for replica in ["\(id)-0", "\(id)-\(id)-0"] {
            let result = try await logs("default/team-a/\(id)", ["--replica", replica], service, scene)
            #expect(result.code == 0, "\(result)")
            #expect(result.output == "started exit 0\n")
        }
        let wrong = try await logs("default/team-a/\(id)", ["--replica", "0"], service, scene)
        #expect(wrong.code == 64)
        #expect(wrong.errors.contains("\"0\" is no replica; write TYPE-INDEX, for example worker-0"))
        try await scene.end(service)
    }

    @Test
    func `a history is whole, newest first, also of a job that is gone`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let signal = scene.folder.path("signal")
        try Data().write(to: URL(fileURLWithPath: signal))
        try write(scene, until: signal)
        var commits = [try await scene.repository.publish("Begin\n\nAnd more")]
        try await service.job("one", reaches: "succeeded")
        try write(scene, until: signal, description: "Another word")
        commits.append(try await scene.repository.publish("Say it otherwise"))
        let server = ["--server", service.url.absoluteString]
        let wait = ["wait", "HEAD"] + server
        #expect(try await Tool.run(wait, in: scene.repository.clone).code == 0)
        try scene.repository.remove(scene.path("one"))
        commits.append(try await scene.repository.publish("Take it away"))
        #expect(try await Tool.run(wait, in: scene.repository.clone).code == 0)

        let history = try await Tool.run(["history", "default/team-a/one"] + server, in: scene.repository.clone)
        #expect(history.code == 0)
        let rows = history.text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(rows.first?.prefix(4) == ["WHEN", "COMMIT", "ACTION", "RESULT"])
        #expect(rows.dropFirst().map { $0[1] } == commits.reversed().map { String($0.prefix(7)) })
        #expect(rows.dropFirst().map { $0[2] } == ["delete", "update", "create"])
        #expect(rows.last?.suffix(2) == ["ann@example.org", "Begin"])
        let json = try await Tool.json(
            ["history", "default/team-a/one", "--format", "json"] + server,
            in: scene.repository.clone
        )
        let path = "/api/v1alpha1/clusters/default/partitions/team-a/tfjobs/one/history"
        #expect(json.document.elements == (try await service.request(path).json.items.elements))
        for columns in [20, 64, 100] {
            let terminal = try await PseudoTerminal(
                ["history", "default/team-a/one"] + server,
                columns: columns,
                in: scene.folder
            )
            #expect(try await terminal.wait() == 0)
            #expect(try await terminal.screen().split(separator: "\n").count == 4)
        }
        try await scene.end(service)
    }
}
