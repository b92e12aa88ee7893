/// The file that tells Kubernetes clients how to reach their clusters.
///
/// Source: <https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/>.
struct Kubeconfig: Decodable, Sendable {
    /// An entry of one of the lists; only the list's own kind of value is present.
    struct Entry: Decodable, Sendable {
        let name: String
        var context: Context?
        var cluster: Cluster?
        var user: User?
    }

    struct Context: Decodable, Sendable {
        var cluster: String?
        var user: String?
    }

    struct Cluster: Decodable, Sendable {
        var server: String?
        var certificateAuthority: String?
        var certificateAuthorityData: String?
        var skipsVerification: Bool?
        var serverName: String?
        var proxy: String?

        private enum CodingKeys: String, CodingKey {
            case server
            case certificateAuthority = "certificate-authority"
            case certificateAuthorityData = "certificate-authority-data"
            case skipsVerification = "insecure-skip-tls-verify"
            case serverName = "tls-server-name"
            case proxy = "proxy-url"
        }
    }

    struct User: Decodable, Sendable {
        var token: String?
        var tokenFile: String?
        var clientCertificate: String?
        var clientCertificateData: String?
        var clientKey: String?
        var clientKeyData: String?
        var exec: ExecPlugin?
        var username: String?
        var provider: AuthProvider?

        private enum CodingKeys: String, CodingKey {
            case token, tokenFile, exec, username
            case clientCertificate = "client-certificate"
            case clientCertificateData = "client-certificate-data"
            case clientKey = "client-key"
            case clientKeyData = "client-key-data"
            case provider = "auth-provider"
        }
    }

    /// Decoded only to name it in the error message.
    struct AuthProvider: Decodable, Sendable {
        var name: String?
    }

    var currentContext: String?
    var contexts: [Entry]?
    var clusters: [Entry]?
    var users: [Entry]?

    private enum CodingKeys: String, CodingKey {
        case currentContext = "current-context"
        case contexts, clusters, users
    }
}
