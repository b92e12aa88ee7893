import Foundation
import Platform
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct SocketFileTests {
    @Test
    func `a socket without a service is free, and what is no socket is not`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("socket")
        let bind = "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])"
        try await run(["python3", "-c", bind, path], in: folder.url.path)
        let file = try SocketFile(preparing: path)
        try await run(["python3", "-c", bind, file.bindingPath], in: folder.url.path)
        try file.publish()
        let mode = try await run(["stat", "--format", "%a %F", path], in: folder.url.path)
        #expect(mode == "660 socket\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["socket"])
        file.remove()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)

        try Data("text".utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: PlatformError.notSocket(path: path)) { try SocketFile(preparing: path) }
        // Nor is it taken away at the end.
        file.remove()
        #expect(FileManager.default.fileExists(atPath: path))
    }

    @Test
    func `a socket in use, or without a folder, is refused`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("socket")
        let listen = """
            import socket, sys, time
            server = socket.socket(socket.AF_UNIX)
            server.bind(sys.argv[1])
            server.listen(1)
            print("listening", flush=True)
            time.sleep(600)
            """
        let log = folder.path("log")
        let program = try await RunningProgram(["python3", "-c", listen, path], log: log)
        try await eventually("it listens") { try String(contentsOfFile: log, encoding: .utf8) == "listening\n" }
        #expect(throws: PlatformError.socketInUse(path: path)) { try SocketFile(preparing: path) }
        try await program.end(with: 9)
        #expect(throws: PlatformError.self) { try SocketFile(preparing: folder.path("absent/socket")) }
    }

    @Test
    func `a path may be as long as the kernel takes it`() {
        #expect(SocketFile.isPossible("/" + String(repeating: "a", count: 106)))
        #expect(!SocketFile.isPossible("/" + String(repeating: "a", count: 107)))
        #expect(!SocketFile.isPossible("/" + String(repeating: "a", count: 100) + "/s"))
    }
}
