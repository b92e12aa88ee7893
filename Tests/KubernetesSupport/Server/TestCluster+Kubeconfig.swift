import Foundation
import NIOSSL
import TestSupport

extension TestCluster {
    /// Lets a user in by a bearer token and writes how to do so.
    ///
    /// - Parameter cluster: further lines of the cluster, `proxy-url: http://127.0.0.1:3128` say.
    /// - Returns: the path of a kubeconfig with the context `stand-in`.
    package func kubeconfig(
        user: String = "admin",
        token: String = UUID().uuidString,
        cluster: [String] = []
    ) throws -> String {
        accounts.accept(token: token, as: user)
        return try writeKubeconfig("token: \(token)", cluster: cluster)
    }

    /// Lets a user in by a client certificate and writes how to do so.
    ///
    /// - Parameter isInline: the certificate stands in the file itself.
    /// - Returns: the path of a kubeconfig with the context `stand-in`.
    package func kubeconfig(certificateOf user: String, isInline: Bool = false) async throws -> String {
        let files = try await issue(user)
        accounts.accept(
            certificate: try NIOSSLCertificate.fromPEMFile(files.certificate)[0].toDERBytes(),
            as: user
        )
        guard isInline else {
            return try writeKubeconfig("client-certificate: \(files.certificate)\n    client-key: \(files.key)")
        }
        let (certificate, key) = (try Self.base64(files.certificate), try Self.base64(files.key))
        return try writeKubeconfig("client-certificate-data: \(certificate)\n    client-key-data: \(key)")
    }

    /// Signs a client certificate that nobody is let in with yet.
    package func issue(_ user: String) async throws -> (certificate: String, key: String) {
        try await certificates.client(user)
    }

    private static func base64(_ path: String) throws -> String {
        try Data(contentsOf: URL(fileURLWithPath: path)).base64EncodedString()
    }

    /// Writes a kubeconfig.
    ///
    /// - Parameters:
    ///   - credentials: the lines of the user.
    ///   - cluster: further lines of the cluster.
    package func writeKubeconfig(_ credentials: String, cluster: [String] = []) throws -> String {
        let path = folder.path("kubeconfig-\(UUID().uuidString)")
        let text = """
            apiVersion: v1
            kind: Config
            current-context: stand-in
            clusters:
            - name: stand-in
              cluster:
                server: \(url)
                certificate-authority: \(authority)\(cluster.map { "\n    \($0)" }.joined())
            users:
            - name: stand-in
              user:
                \(credentials)
            contexts:
            - name: stand-in
              context: {cluster: stand-in, user: stand-in}

            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }
}
