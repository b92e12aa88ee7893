import Foundation
import Glibc
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

@Suite struct LoopbackPortTests {
    /// A server on an address, at a port that the kernel chooses.
    private struct Listener: ~Copyable {
        let descriptor: Int32
        let port: UInt16

        init(on address: UInt32) {
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_addr.s_addr = address.bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let descriptor = descriptor
            unsafe withUnsafeMutablePointer(to: &name) { name in
                unsafe name.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                    _ = unsafe bind(descriptor, name, size)
                    _ = unsafe getsockname(descriptor, name, &size)
                }
            }
            listen(descriptor, 1)
            port = UInt16(bigEndian: name.sin_port)
        }

        deinit {
            close(descriptor)
        }
    }

    @Test(arguments: [INADDR_LOOPBACK, INADDR_ANY])
    func `a port that somebody listens on is taken`(address: UInt32) {
        let listener = Listener(on: address)
        #expect(listener.port != 0)
        #expect(!LoopbackPort.isFree(listener.port))
    }

    @Test func `a port is free again and asking does not take it`() {
        var port: UInt16 = 0
        do {
            let listener = Listener(on: INADDR_LOOPBACK)
            port = listener.port
        }
        #expect(LoopbackPort.isFree(port))
        #expect(LoopbackPort.isFree(port))
    }
}
