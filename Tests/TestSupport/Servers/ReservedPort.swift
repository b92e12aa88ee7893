import Glibc

/// A port of 127.0.0.1 that is a test's own, for a server that comes and goes, or can't say which port it took.
///
/// It is bound and not listened on: who connects is refused, and the system gives the port to nobody who asks for any. A server that
/// asks for this very port with `SO_REUSEADDR`, as servers do, gets it.
package final class ReservedPort: Sendable {
    package let number: UInt16
    private let descriptor: Int32

    /// Takes a free one, until there is nobody any more who holds this.
    package init() throws {
        descriptor = try Loopback.bind(port: 0)
        number = Loopback.port(of: descriptor)
    }

    deinit {
        close(descriptor)
    }
}
