import Foundation

/// An authority of a test's own, and the certificate of a server.
package struct CertificateAuthority: Sendable {
    /// The authority's own certificate.
    package let certificate: String
    /// The server's certificate.
    package let server: String
    /// The server's key.
    package let key: String
    private let authorityKey: String
    private let names: String
    private let folder: TemporaryFolder

    /// - Parameters:
    ///   - folder: gets the files.
    ///   - name: what their names begin with.
    ///   - names: all that the server's certificate is good for, as `subjectAltName` of openssl. Default: this machine.
    ///   - days: how long the server's certificate is good. Below 0: it has expired.
    package init(
        in folder: TemporaryFolder,
        name: String = "authority",
        names: String = "IP:127.0.0.1,DNS:localhost",
        days: Int = 2
    ) async throws {
        self.folder = folder
        self.names = names
        certificate = folder.path("\(name).pem")
        server = folder.path("\(name)-server.pem")
        key = folder.path("\(name)-server.key")
        authorityKey = folder.path("\(name).key")
        try await Self.openssl(
            ["req", "-x509", "-days", "2", "-subj", "/CN=Test authority", "-keyout", authorityKey, "-out", certificate]
                + Self.elliptic,
            folder
        )
        try await issue(server: server, key: key, days: days)
    }

    private static let elliptic = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

    /// Makes a new key, and a certificate for it, over whatever is there.
    ///
    /// - Parameters:
    ///   - server: gets the certificate.
    ///   - key: gets the key.
    ///   - days: how long it is good.
    package func issue(server: String, key: String, days: Int = 2) async throws {
        let request = folder.path("\(UUID().uuidString).csr")
        try await Self.openssl(
            ["req", "-new", "-subj", "/CN=Test server", "-keyout", key, "-out", request] + Self.elliptic,
            folder
        )
        let extensions = request + ".ext"
        try Data("subjectAltName=\(names)\n".utf8).write(to: URL(fileURLWithPath: extensions))
        try await Self.openssl(
            [
                "x509", "-req", "-days", "\(days)", "-in", request, "-CA", certificate, "-CAkey", authorityKey,
                "-CAcreateserial", "-extfile", extensions, "-out", server,
            ],
            folder
        )
    }

    /// Signs a certificate of a client.
    ///
    /// - Parameter user: its common name.
    package func client(_ user: String) async throws -> (certificate: String, key: String) {
        let stem = folder.path("client-\(UUID().uuidString)")
        let (certificate, key, request) = ("\(stem).pem", "\(stem).key", "\(stem).csr")
        try await Self.openssl(
            ["req", "-new", "-subj", "/CN=\(user)", "-keyout", key, "-out", request] + Self.elliptic,
            folder
        )
        try await Self.openssl(
            [
                "x509", "-req", "-days", "2", "-in", request, "-CA", self.certificate, "-CAkey", authorityKey,
                "-CAcreateserial", "-out", certificate,
            ],
            folder
        )
        return (certificate, key)
    }

    private static func openssl(_ arguments: [String], _ folder: TemporaryFolder) async throws {
        try await run(["openssl"] + arguments, in: folder.url.path)
    }
}
