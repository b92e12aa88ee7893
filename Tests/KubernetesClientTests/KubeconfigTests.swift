import Foundation
import TestSupport
import Testing

@testable import KubernetesClient

@Suite
struct KubeconfigTests {
    private func credentials(
        _ text: String,
        context: String? = nil,
        files: [String: String] = [:]
    ) async throws(APIError) -> Credentials {
        guard let folder = try? TemporaryFolder() else { throw .noAccess("no folder") }
        for (name, content) in files.merging(["config": text], uniquingKeysWith: { $1 }) {
            let path = folder.path(name)
            guard (try? Data(content.utf8).write(to: URL(fileURLWithPath: path))) != nil else {
                throw .noAccess("no file")
            }
            _ = try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
        }
        return try await Kubeconfig.credentials(path: folder.path("config"), context: context, ExecPlugins())
    }

    private func config(cluster: String = "server: https://10.0.0.1:6443", user: String = "token: abc") -> String {
        """
        apiVersion: v1
        kind: Config
        preferences: {}
        current-context: here
        contexts:
        - {name: here, context: {cluster: c, user: u, namespace: x}}
        - {name: there, context: {cluster: d, user: u}}
        clusters:
        - {name: c, cluster: {\(cluster)}}
        - {name: d, cluster: {server: "https://[2001:db8::1]/prefix/"}}
        users:
        - {name: u, user: {\(user)}}
        """
    }

    @Test
    func `the current context counts, or the one that is named`() async throws {
        let here = try await credentials(config())
        #expect(here.access.address == "https://10.0.0.1:6443" && here.token == "abc")
        let there = try await credentials(config(), context: "there")
        #expect(there.access.address == "https://[2001:db8::1]:443/prefix")
    }

    @Test
    func `files are found beside the kubeconfig, and a token is read without its newline`() async throws {
        let found = try await credentials(
            config(
                cluster: "server: https://h, certificate-authority: ca.pem, tls-server-name: api.example.org",
                user: "client-certificate: c.pem, client-key: k.pem, token: old, tokenFile: token"
            ),
            files: ["ca.pem": "CA", "c.pem": "C", "k.pem": "K", "token": "fresh\n"]
        )
        #expect(found.access.certificateAuthority == Array("CA".utf8))
        #expect(found.access.identity == Access.Identity(certificate: Array("C".utf8), key: Array("K".utf8)))
        #expect(found.token == "fresh")
        #expect(found.access.address == "https://api.example.org:443" && found.access.origin == "https://h:443")
    }

    @Test
    func `inline data wins over files`() async throws {
        let found = try await credentials(
            config(
                cluster: "server: https://h, certificate-authority: none.pem, certificate-authority-data: Q0E=",
                user: "client-certificate-data: Qw==, client-key-data: Sw=="
            )
        )
        #expect(found.access.certificateAuthority == Array("CA".utf8))
        #expect(found.access.identity == Access.Identity(certificate: Array("C".utf8), key: Array("K".utf8)))
    }

    @Test
    func `a server whose certificate is not checked comes with a warning`() async throws {
        let found = try await credentials(
            config(cluster: "server: https://h, insecure-skip-tls-verify: true, proxy-url: \"http://proxy:3128\"")
        )
        #expect(found.access.skipsVerification && found.access.proxy == Access.Proxy("http://proxy:3128"))
        #expect(found.warnings.count == 1 && found.warnings[0].contains("insecure-skip-tls-verify"))
    }

    @Test(
        arguments: [
            ("{}", nil, "names no context"),
            ("current-context: x", nil, "has no context \"x\"; it has none"),
            ("CONFIG", "nowhere", "has no context \"nowhere\"; it has here, there"),
            ("[", nil, "is no kubeconfig"),
        ] as [(String, String?, String)]
    )
    func `what is missing is said`(text: String, context: String?, message: String) async {
        let error = await #expect(throws: APIError.self) {
            try await credentials(text == "CONFIG" ? config() : text, context: context)
        }
        #expect(error?.description.contains(message) == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test(
        arguments: [
            ("server: nonsense", "token: a", "server: \"nonsense\" is no address"),
            ("server: https://h, certificate-authority: gone.pem", "token: a", "gone.pem can't be read"),
            ("server: https://h, proxy-url: \"ftp://x\"", "token: a", "proxy-url: \"ftp://x\" is no proxy"),
            ("server: https://h", "client-certificate-data: Qw==", "belong together"),
            ("server: https://h", "auth-provider: {name: gcp}", "signs in by gcp, which Kubernetes no longer supports"),
            ("server: https://h", "username: ann, password: secret", "signs in by a password"),
            (
                "server: https://h", "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}",
                "unknown version client.authentication.k8s.io/v1alpha1"
            ),
            (
                "server: https://h",
                "exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-plugin, installHint: Get it.}",
                "no-such-plugin is not installed. Get it."
            ),
        ]
    )
    func `what can't be used is said`(cluster: String, user: String, message: String) async {
        let error = await #expect(throws: APIError.self) {
            try await credentials(config(cluster: cluster, user: user))
        }
        #expect(error?.description.contains(message) == true, "\(error.map { "\($0)" } ?? "")")
        #expect(error?.description.contains("secret") != true)
    }

    @Test
    func `in a cluster the pod's account is taken`() throws {
        let folder = try TemporaryFolder()
        for (name, text) in ["token": "t\n", "ca.crt": "CA"] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder.path(name)))
        }
        let environment = ["KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"]
        let found = try ServiceAccount.credentials(folder: folder.url.path, environment: environment)
        #expect(found.access.address == "https://[fd00::1]:443" && found.token == "t")
        let error = #expect(throws: APIError.self) {
            try ServiceAccount.credentials(folder: folder.url.path, environment: [:])
        }
        #expect(error?.description.contains("runs in no cluster") == true)
    }
}
