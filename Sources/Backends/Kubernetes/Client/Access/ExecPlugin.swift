import Foundation

/// A program that gives out credentials.
///
/// Source: <https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins>.
struct ExecPlugin: Decodable, Sendable, Hashable {
    struct Variable: Decodable, Sendable, Hashable {
        let name: String
        let value: String
    }

    /// `client.authentication.k8s.io/v1` or `…/v1beta1`.
    var apiVersion: String
    /// Looked up on the PATH unless it has a slash.
    var command: String
    var args: [String]?
    var env: [Variable]?
    /// What to do where the program is missing.
    var installHint: String?
    var provideClusterInfo: Bool?

    static let versions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"]

    /// What the program is told of what it is to give out, as the value of `KUBERNETES_EXEC_INFO`.
    func information(_ access: Access) throws -> String {
        var spec: [String: Any] = ["interactive": false]
        if provideClusterInfo == true {
            var cluster: [String: Any] = ["server": access.origin]
            cluster["certificate-authority-data"] = access.certificateAuthority.map { Data($0).base64EncodedString() }
            cluster["tls-server-name"] = access.serverName
            cluster["insecure-skip-tls-verify"] = access.skipsVerification ? true : nil
            spec["cluster"] = cluster
        }
        let document: [String: Any] = ["apiVersion": apiVersion, "kind": "ExecCredential", "spec": spec]
        let data = try JSONSerialization.data(
            withJSONObject: document,
            options: [.sortedKeys, .withoutEscapingSlashes]
        )
        return String(decoding: data, as: UTF8.self)
    }
}

/// What such a program prints.
struct ExecCredential: Decodable, Sendable, Equatable {
    struct Status: Decodable, Sendable, Equatable {
        var token: String?
        var clientCertificateData: String?
        var clientKeyData: String?
        /// RFC 3339; absent: as long as the server takes it.
        var expirationTimestamp: String?
    }

    var apiVersion: String?
    var kind: String?
    var status: Status?

    var token: String? { status?.token.flatMap { $0.isEmpty ? nil : $0 } }

    var identity: Access.Identity? {
        guard let certificate = status?.clientCertificateData, let key = status?.clientKeyData, !certificate.isEmpty
        else { return nil }
        return Access.Identity(certificate: Array(certificate.utf8), key: Array(key.utf8))
    }

    var expiration: Date? { status?.expirationTimestamp.flatMap(APITime.date) }
}
