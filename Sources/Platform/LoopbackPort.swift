import CPlatform

/// TCP ports for processes that talk to each other on this machine.
public enum LoopbackPort {
    /// Whether a server could listen on a port at this moment. Another may take it the next.
    ///
    /// The port has to be free on all IPv4 addresses, which TensorFlow's servers bind, and no closed connection may linger on it.
    public static func isFree(_ port: UInt16) -> Bool {
        tfjob_admin_loopback_port_is_free(port)
    }
}
