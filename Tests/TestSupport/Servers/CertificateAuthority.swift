import Foundation

/// An authority of a test's own, and the certificate of a server on 127.0.0.1.
package struct CertificateAuthority: Sendable {
    /// The authority's own certificate.
    package let certificate: String
    /// The server's certificate.
    let server: String
    /// The server's key.
    let key: String

    package init(in folder: TemporaryFolder, name: String = "authority") async throws {
        certificate = folder.path("\(name).pem")
        server = folder.path("\(name)-server.pem")
        key = folder.path("\(name)-server.key")
        let authorityKey = folder.path("\(name).key")
        let elliptic = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        try await Self.openssl(
            ["req", "-x509", "-days", "2", "-subj", "/CN=Test authority", "-keyout", authorityKey, "-out", certificate]
                + elliptic,
            folder
        )
        let request = folder.path("\(name)-server.csr")
        try await Self.openssl(
            ["req", "-new", "-subj", "/CN=127.0.0.1", "-keyout", key, "-out", request] + elliptic,
            folder
        )
        let extensions = folder.path("\(name).ext")
        try Data("subjectAltName=IP:127.0.0.1,DNS:localhost\n".utf8).write(to: URL(fileURLWithPath: extensions))
        try await Self.openssl(
            [
                "x509", "-req", "-days", "2", "-in", request, "-CA", certificate, "-CAkey", authorityKey,
                "-CAcreateserial", "-extfile", extensions, "-out", server,
            ],
            folder
        )
    }

    private static func openssl(_ arguments: [String], _ folder: TemporaryFolder) async throws {
        try await run(["openssl"] + arguments, in: folder.url.path)
    }
}
