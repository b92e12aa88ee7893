import CPlatform

/// The TCP ports of 127.0.0.1.
public enum LoopbackPort {
    /// Whether a server could listen on a port at this moment. Another may take it the next.
    public static func isFree(_ port: UInt16) -> Bool {
        tfjob_admin_loopback_port_is_free(port)
    }
}
