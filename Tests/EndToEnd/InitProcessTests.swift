import Foundation
import Platform
import TestSupport
import Testing

private let canUnshare: Bool = {
    let probe = Process()
    probe.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    probe.arguments = ["--pid", "--fork", "--mount-proc", "true"]
    guard (try? probe.run()) != nil else { return false }
    probe.waitUntilExit()
    return probe.terminationStatus == 0
}()

/// The service as process 1, as a container has it: in a PID namespace of its own.
@Suite(.enabled(if: canUnshare), .timeLimit(.minutes(hangLimit)))
struct InitProcessTests {
    /// The processes whose parent is a process, by their pid.
    private static func children(of parent: Int32) throws -> [Int32: ProcessStat] {
        let pids = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }
        return pids.reduce(into: [:]) { found, pid in
            if let stat = ProcessStat.of(pid), stat.parent == parent {
                found[pid] = stat
            }
        }
    }

    private static func serve(_ scene: Scene, repository: String, _ configuration: String = "") async throws
        -> (service: ServiceProcess, first: Int32)
    {
        let file = scene.folder.path("config.yaml")
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: file))
        let service = try await ServiceProcess(
            repository: repository,
            in: scene.folder,
            wrapper: ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"],
            extra: ["--config", file]
        )
        let first = try #require(try children(of: service.pid).keys.first)
        return (service, first)
    }

    @Test
    func `git that is late leaves no zombies, and a stop is handed on`() async throws {
        let scene = try await Scene()
        // A server that answers nothing: git's helper waits until the whole group is killed.
        let script = """
            import socket, sys, time
            server = socket.create_server(("127.0.0.1", 0), backlog=64)
            open(sys.argv[1], "w").write(str(server.getsockname()[1]) + "\\n")
            time.sleep(600)
            """
        let port = scene.folder.path("port")
        let server = try await RunningProgram(["python3", "-c", script, port])
        let number = try await firstValue("the server says its port") {
            let text = try? String(contentsOfFile: port, encoding: .utf8)
            return text.flatMap { $0.hasSuffix("\n") ? $0.dropLast() : nil }
        }
        let (service, first) = try await Self.serve(
            scene,
            repository: "http://127.0.0.1:\(number)/jobs.git",
            "repository: {interval: 100ms, fetchTimeout: 1s}\n"
        )
        var seen: Set<Int32> = []
        try await eventually("several fetches were late") {
            let service = try Self.children(of: first).keys
            for pid in service {
                seen.formUnion(try Self.children(of: pid).keys)
            }
            return seen.count >= 4
        }
        try await eventually("none is left as a zombie") {
            try Self.children(of: first).values.allSatisfy { !$0.hasEnded }
        }
        #expect(kill(first, SIGTERM) == 0)
        #expect(try await service.wait() == 0)
        try await server.end(with: SIGKILL)
    }

    @Test
    func `runs start and end, and what goes on ends with the container`() async throws {
        let scene = try await Scene()
        try scene.repository.write(scene.job("run").text, to: scene.path("one"))
        try scene.repository.write(scene.job("exit", "0").text, to: scene.path("two"))
        try await scene.repository.publish()
        let (service, first) = try await Self.serve(scene, repository: scene.repository.bare)
        try await service.job("one", reaches: "running")
        try await service.job("two", reaches: "succeeded")
        #expect(kill(first, SIGTERM) == 0)
        #expect(try await service.wait() == 0)
        try await eventually("the kernel has ended all") { try scene.leftovers().isEmpty }
    }
}
