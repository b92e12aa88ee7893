import NIOSSL

extension ServerClient {
    /// Trusts an authority beside those of the system.
    ///
    /// - Parameter file: its certificate, as PEM.
    static func trust(_ file: String) throws(ServerError) -> TLSConfiguration {
        guard let certificates = try? NIOSSLCertificate.fromPEMFile(file), !certificates.isEmpty else {
            throw ServerError(.usage, "the file \(file) holds no certificate of an authority, as PEM")
        }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.additionalTrustRoots = [.certificates(certificates)]
        return configuration
    }
}
