import Foundation
import Platform
import TestSupport
import Testing

@Suite
struct PlatformTests {
    @Test
    func `a lock is held by one, and the second is told by whom`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("lock")
        let lock = try FileLock.acquire(path: path, note: "a test")
        let error = #expect(throws: PlatformError.self) { try FileLock.acquire(path: path, note: "another") }
        #expect(error.map { "\($0)" }?.contains("process \(getpid()) (a test)") == true)
        lock.release()
        _ = try FileLock.acquire(path: path, note: "another")
    }

    @Test
    func `a process is known by its start time, and dead once it ended`() async throws {
        let program = try await RunningProgram(["sleep", "600"])
        let identity = try #require(ProcessIdentity.of(program.pid))
        #expect(identity.isAlive)
        #expect(try JSONDecoder().decode(ProcessIdentity.self, from: JSONEncoder().encode(identity)) == identity)
        #expect(identity.signal(SIGKILL))
        try await program.wait()
        #expect(!identity.isAlive)
        #expect(!identity.signal(SIGTERM))
        #expect(ProcessIdentity.of(0) == nil)
    }

    @Test
    func `a durable file replaces what was there and leaves no draft`() throws {
        let folder = try TemporaryFolder()
        try DurableFile.write(Array("one".utf8), to: folder.path("file"))
        try DurableFile.write(Array("two".utf8), to: folder.path("file"))
        #expect(try String(contentsOfFile: folder.path("file"), encoding: .utf8) == "two")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["file"])
        #expect(throws: PlatformError.self) { try DurableFile.write([], to: folder.path("nowhere/file")) }
    }

    @Test
    func `a port that somebody listens on is not free`() async throws {
        let free = try #require((20_000...32_000).first { LoopbackPort.isFree(UInt16($0)) })
        let script = "import socket, time; s = socket.create_server(('127.0.0.1', \(free))); time.sleep(600)"
        let server = try await RunningProgram(["python3", "-c", script])
        try await eventually("the port is taken") { !LoopbackPort.isFree(UInt16(free)) }
        try await server.end(with: SIGKILL)
    }

    @Test
    func `a watched folder tells what comes, is written, moved and goes`() async throws {
        let folder = try TemporaryFolder()
        let watcher = try DirectoryWatcher()
        try watcher.watch(folder.url.path)
        try Data("1".utf8).write(to: folder.url.appendingPathComponent("plain"), options: .withoutOverwriting)
        try FileManager.default.createDirectory(atPath: folder.path("sub"), withIntermediateDirectories: false)
        try FileManager.default.moveItem(atPath: folder.path("plain"), toPath: folder.path("sub/plain"))
        try FileManager.default.moveItem(atPath: folder.path("sub/plain"), toPath: folder.path("back"))
        try FileManager.default.removeItem(atPath: folder.path("back"))
        var seen: [String] = []
        for await event in watcher.events {
            seen.append("\(event.name ?? "-") \(event.kind)")
            if seen.last == "back deleted" { break }
        }
        #expect(seen.contains("plain written"))
        #expect(seen.contains("sub created"))
        #expect(seen.contains("plain deleted"))
        #expect(seen.contains("back movedIn"))
    }

    @Test
    func `a folder that can't be watched is an error with its name`() throws {
        let watcher = try DirectoryWatcher()
        let error = #expect(throws: PlatformError.self) { try watcher.watch("/nowhere") }
        #expect(error.map { "\($0)" }?.contains("/nowhere") == true)
    }
}
