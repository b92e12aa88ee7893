import Foundation
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(hangLimit)))
struct CrashTests {
    @Test
    func
        `after a kill -9 the running jobs are the same processes, the finished ones have their codes, and the push is applied`()
        async throws
    {
        let scene = try await Scene()
        var service = try await scene.serve()
        let gate = scene.folder.path("gate")
        try scene.repository.write(scene.job("run", "stays").text, to: scene.path("stays"))
        try scene.repository.write(scene.job("wait", gate, "ends").text, to: scene.path("ends"))
        try scene.repository.write(
            """
            import os, sys, time
            while not os.path.exists(sys.argv[1]): time.sleep(0.02)
            sys.exit(9)
            """,
            to: "code/fails.py"
        )
        try scene.repository.write(
            scene.job { job in
                job.bootfile = "fails.py"
                job.args = [gate]
            }.text,
            to: scene.path("fails")
        )
        try scene.repository.write(scene.job("run", "old").text, to: scene.path("changes"))
        try scene.repository.write(scene.job("run", "goes").text, to: scene.path("goes"))
        try await scene.repository.publish()
        for id in ["stays", "ends", "fails", "changes", "goes"] {
            try await service.job(id, reaches: "running")
        }
        let before = try await firstValue("four scripts noted their start") {
            let starts = try scene.starts()
            return starts.count == 4 ? starts : nil
        }

        try await service.crash()
        try Data().write(to: URL(fileURLWithPath: gate))
        try scene.repository.write(scene.job("run", "new").text, to: scene.path("changes"))
        try scene.repository.remove(scene.path("goes"))
        try scene.repository.write(scene.job("exit", "0", "added").text, to: scene.path("added"))
        try await scene.repository.publish()
        try await eventually("the jobs end without the service") { try scene.leftovers().count == 6 }

        service = try await scene.serve()
        #expect(try await service.job("ends", reaches: "succeeded").status.replicas[0].exitCode.int == 0)
        #expect(try await service.job("fails", reaches: "failed").status.replicas[0].exitCode.int == 9)
        try await service.job("added", reaches: "succeeded")
        try await service.job("changes", reaches: "running", run: 2)
        try await eventually("the deleted job is gone") { try await service.job("goes") == nil }
        try await service.job("stays", reaches: "running", run: 1)
        let stays = try #require(before.first { $0.args == "run stays" })
        #expect(stays.isAlive)
        #expect(try scene.starts().count { $0.args == "run stays" } == 1)
        let alive = try await firstValue("the new run noted its start") {
            let alive = try scene.starts().filter(\.isAlive)
            return alive.count == 2 ? alive : nil
        }
        #expect(Set(alive.map(\.args)) == ["run stays", "run new"])
        try await scene.end(service)
    }

    @Test
    func `a stop by SIGTERM leaves the replicas running and a new service goes on with them`() async throws {
        let scene = try await Scene()
        var service = try await scene.serve()
        try scene.repository.write(scene.job("run").text, to: scene.path("one"))
        try await scene.repository.publish()
        try await service.job("one", reaches: "running")
        let start = try await firstValue("the script runs") { try scene.starts().first }
        #expect(try await service.stop() == 0)
        #expect(start.isAlive)
        service = try await scene.serve()
        try await service.job("one", reaches: "running", run: 1)
        #expect(try scene.starts() == [start])
        try await scene.end(service)
    }

    @Test
    func `a lost journal is rebuilt from git and from what runs, with no job started again`() async throws {
        let scene = try await Scene()
        var service = try await scene.serve()
        try scene.repository.write(scene.job("run").text, to: scene.path("runs"))
        try scene.repository.write(scene.job("exit", "0").text, to: scene.path("finished"))
        try scene.repository.write(scene.job("run").text, to: scene.path("gone"))
        try await scene.repository.publish()
        try await service.job("runs", reaches: "running")
        try await service.job("gone", reaches: "running")
        try await service.job("finished", reaches: "succeeded")
        try await eventually("all noted their start") { try scene.starts().count == 3 }
        try await service.crash()
        for name in ["journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"] {
            try FileManager.default.removeItem(atPath: scene.folder.path("state/\(name)"))
        }
        try scene.repository.remove(scene.path("gone"))
        try await scene.repository.publish()

        service = try await scene.serve()
        try await eventually("the job whose file is gone is ended") {
            let alive = try scene.starts().filter(\.isAlive)
            return alive.count == 1
        }
        try await service.job("runs", reaches: "running", run: 1)
        try await service.job("finished", reaches: "succeeded", run: 1)
        try await eventually("the job whose file is gone is gone") { try await service.job("gone") == nil }
        #expect(try scene.starts().count == 3)
        try await scene.end(service)
    }

    @Test
    func `a journal that is removed while the service runs is noticed at once, and loses nothing`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        for number in 1...3 {
            try scene.repository.write(scene.job("run", "\(number)").text, to: scene.path("one"))
            try await scene.repository.publish("Change \(number)")
            try await service.job("one", reaches: "running", run: number)
        }
        try await eventually("all have begun") { try scene.starts().count == 3 }
        let path = "/api/v1alpha1/clusters/default/partitions/team-a/tfjobs/one/history"
        let before = try await service.request(path).json
        for name in ["journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"] {
            try? FileManager.default.removeItem(atPath: scene.folder.path("state/\(name)"))
        }
        try await eventually("it is written again") {
            let log = try String(contentsOfFile: service.log, encoding: .utf8)
            return log.contains("was removed while the service ran")
                && FileManager.default.fileExists(atPath: scene.folder.path("state/journal.sqlite"))
        }
        try await eventually("the service is back") {
            guard let ping = try? await service.afterRestart().request("/api/ping").json else { return false }
            return ping.status.text == "ok" && ping.uptimeSeconds.int ?? 99 < 60
        }
        let back = try service.afterRestart()
        #expect(try await back.request(path).json == before)
        #expect(try scene.starts().count == 3)
        try await scene.end(back)
        try await back.stop()
    }

    @Test
    func `a file that is put in the place of the journal is kept beside it, and nothing is lost`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        try scene.repository.write(scene.job("run").text, to: scene.path("one"))
        try await scene.repository.publish()
        try await service.job("one", reaches: "running")
        try await eventually("it has begun") { try scene.starts().count == 1 }
        let backup = scene.folder.path("backup")
        try Data("a backup".utf8).write(to: URL(fileURLWithPath: backup))
        let state = scene.folder.path("state")
        unsafe rename(backup, "\(state)/journal.sqlite")
        let kept = try await firstValue("the other file is kept") {
            try FileManager.default.contentsOfDirectory(atPath: state).first {
                $0.hasPrefix("journal.sqlite.replaced-")
            }
        }
        #expect(try String(contentsOfFile: "\(state)/\(kept)", encoding: .utf8) == "a backup")
        try await eventually("the service is back") {
            guard let log = try? String(contentsOfFile: service.log, encoding: .utf8),
                log.matches(of: /url=http/).count == 2, let restarted = try? service.afterRestart()
            else { return false }
            return (try? await restarted.job("one"))??.status.phase.text == "running"
        }
        let back = try service.afterRestart()
        #expect(try await back.job("one")?.status.run.int == 1)
        #expect(try scene.starts().count == 1)
        try await scene.end(back)
    }

    @Test
    func `a service whose address is taken ends and says what to choose`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let log = scene.folder.path("second.log")
        let address = "127.0.0.1:\(service.url.port ?? 0)"
        let second = try await RunningProgram(
            [
                BuiltExecutable.path, "serve", "--repository", scene.repository.bare, "--branch", "other",
                "--state", scene.folder.path("second"), "--listen", address,
            ],
            log: log
        )
        #expect(try await second.wait() == 1)
        #expect(try String(contentsOfFile: log, encoding: .utf8).contains("\(address) is in use by another program"))
        try await scene.end(service)
    }

    @Test
    func `a second service on the same state folder refuses to start and says who holds it`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let log = scene.folder.path("second.log")
        let second = try await RunningProgram(
            [
                BuiltExecutable.path, "serve", "--repository", scene.repository.bare,
                "--state", scene.folder.path("state"), "--listen", "127.0.0.1:0",
            ],
            log: log
        )
        #expect(try await second.wait() == 1)
        let text = try String(contentsOfFile: log, encoding: .utf8)
        #expect(text.contains(scene.folder.path("state")))
        #expect(text.contains("\(service.pid)"))
        try await scene.end(service)
    }

    @Test
    func `a service starts while a child of a killed one still holds the lock for a moment`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        try await service.stop()
        let (lock, held) = (scene.folder.path("state/lock"), scene.folder.path("held"))
        let child = try await RunningProgram(["flock", lock, "sh", "-c", "touch '\(held)'; sleep 0.5"])
        try await eventually("the child has the lock") { FileManager.default.fileExists(atPath: held) }
        let next = try await scene.serve()
        try await child.wait()
        try await next.stop()
    }
}
