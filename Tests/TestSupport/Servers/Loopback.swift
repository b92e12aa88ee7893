import Glibc

/// TCP on 127.0.0.1, with plain sockets that block.
package enum Loopback {
    /// A system call that failed.
    package struct SocketError: Error {
        let call: String
        let code: Int32
    }

    /// Listens on a port.
    ///
    /// - Parameter port: 0 takes a free one.
    package static func listen(port: UInt16 = 0) throws -> Int32 {
        let descriptor = try bind(port: port)
        guard Glibc.listen(descriptor, 64) == 0 else {
            defer { close(descriptor) }
            throw SocketError(call: "listen", code: errno)
        }
        return descriptor
    }

    /// Listens no more.
    package static func stop(_ descriptor: Int32) {
        close(descriptor)
    }

    /// Takes a port, which others can take too as long as nobody listens on it.
    static func bind(port: UInt16) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SocketError(call: "socket", code: errno) }
        var on: Int32 = 1
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        guard unsafe with(port, { unsafe Glibc.bind(descriptor, $0, $1) }) == 0 else {
            defer { close(descriptor) }
            throw SocketError(call: "bind", code: errno)
        }
        return descriptor
    }

    /// Connects to a port; nil where nobody listens.
    static func connect(port: UInt16) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard unsafe with(port, { unsafe Glibc.connect(descriptor, $0, $1) }) == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// The port that a listener has.
    static func port(of descriptor: Int32) -> UInt16 {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = unsafe withUnsafeMutablePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &size)
            }
        }
        return UInt16(bigEndian: address.sin_port)
    }

    /// Whether somebody listens on a port.
    package static func answers(port: UInt16) -> Bool {
        guard let descriptor = connect(port: port) else { return false }
        close(descriptor)
        return true
    }

    private static func with(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
