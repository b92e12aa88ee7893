/// The defaults that the service and its clients share.
package enum ServiceDefaults {
    /// The host at which the service listens.
    package static let host = "127.0.0.1"
    /// The port at which the service listens.
    package static let port = 8899
    /// The address at which the service listens, as `HOST:PORT`.
    package static let listenAddress = "\(host):\(port)"
    /// The branch that the service reads.
    package static let branch = "main"
}
