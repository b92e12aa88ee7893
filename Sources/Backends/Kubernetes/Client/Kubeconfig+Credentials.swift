import Foundation
import Platform
import Yams

extension Kubeconfig {
    /// Reads a kubeconfig and the files that it names.
    ///
    /// - Parameters:
    ///   - path: the file; `~` is the service's home folder.
    ///   - context: nil for the current context.
    ///   - plugins: run the `exec` of the user.
    static func credentials(
        path: String,
        context: String?,
        _ plugins: ExecPlugins
    ) async throws(APIError) -> Credentials {
        let path = path.absolutePath
        let bytes = try AccessFile.bytes(at: path)
        let config: Kubeconfig
        do {
            config = try YAMLDecoder().decode(Kubeconfig.self, from: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw .noAccess("\(path) is no kubeconfig: \(error)")
        }
        let loading = Loading(config: config, path: path)
        return try await loading.credentials(context: context, plugins)
    }

    private struct Loading {
        let config: Kubeconfig
        let path: String

        /// Reads a file; a relative path is relative to the kubeconfig.
        private func readFile(_ file: String) throws(APIError) -> [UInt8] {
            try AccessFile.bytes(at: absolute(file))
        }

        private func absolute(_ file: String) -> String {
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
            return file.hasPrefix("/") ? file : folder.appendingPathComponent(file).path
        }

        private func findEntry<Value>(
            _ name: String?,
            _ what: String,
            _ list: [Entry]?,
            _ value: (Entry) -> Value?
        ) throws(APIError) -> Value {
            guard let name, !name.isEmpty else {
                throw .noAccess("\(path) names no \(what); write context: NAME at the cluster, or set current-context")
            }
            let entries = (list ?? []).filter { value($0) != nil }
            guard let found = entries.first(where: { $0.name == name }).flatMap(value) else {
                let known = entries.map(\.name).joined(separator: ", ")
                throw .noAccess("\(path) has no \(what) \"\(name)\"; it has \(known.isEmpty ? "none" : known)")
            }
            return found
        }

        func credentials(context name: String?, _ plugins: ExecPlugins) async throws(APIError) -> Credentials {
            let context = try findEntry(name ?? config.currentContext, "context", config.contexts, \.context)
            let cluster = try findEntry(context.cluster, "cluster", config.clusters, \.cluster)
            var access = try access(to: cluster)
            var credentials = Credentials(access: access)
            if access.skipsVerification {
                credentials.warnings.append(
                    "\(path): insecure-skip-tls-verify is set, so any server at \(access.origin) is trusted; name a certificate-authority"
                )
            }
            // A cluster without authentication needs no user.
            guard let userName = context.user, !userName.isEmpty else { return credentials }
            let user = try findEntry(userName, "user", config.users, \.user)
            if user.provider != nil || user.username != nil {
                throw .noAccess(
                    "\(path): the user \"\(userName)\" signs in by \(user.provider?.name ?? "a password"), which Kubernetes no longer supports; use a token, a client certificate or exec"
                )
            }
            access.identity = try identity(of: user)
            credentials.token = try token(of: user)
            if let plugin = user.exec, access.identity == nil, credentials.token == nil {
                let issued = try await plugins.credential(of: resolved(plugin), for: access)
                access.identity = issued.identity
                credentials.token = issued.token
                credentials.expiration = issued.expiration
            }
            credentials.access = access
            return credentials
        }

        private func access(to cluster: Cluster) throws(APIError) -> Access {
            guard let server = cluster.server.flatMap({ Access.Address($0) }),
                ["https", "http"].contains(server.scheme)
            else {
                throw .noAccess("\(path): server: \"\(cluster.server ?? "")\" is no address; write https://HOST:PORT")
            }
            var access = Access(server: server)
            access.skipsVerification = cluster.skipsVerification ?? false
            access.serverName = cluster.serverName.flatMap { $0.isEmpty ? nil : $0 }
            if let data = cluster.certificateAuthorityData, !data.isEmpty {
                access.certificateAuthority = try AccessFile.decoded(data, "certificate-authority-data")
            } else if let file = cluster.certificateAuthority, !file.isEmpty {
                access.certificateAuthority = try readFile(file)
            }
            if let text = cluster.proxy, !text.isEmpty {
                guard let proxy = Access.Proxy(text) else {
                    // The log must not show a password.
                    let shown = text.contains("@") ? "…@\(text.split(separator: "@").last ?? "")" : text
                    throw .noAccess(
                        "\(path): proxy-url: \"\(shown)\" is no proxy; write http://[USER:PASSWORD@]HOST:PORT or socks5://HOST:PORT"
                    )
                }
                // TLS would check a numeric address against the connection's peer, which is the proxy.
                guard
                    access.server.scheme == "http" || access.skipsVerification || access.serverName != nil
                        || !access.server.isNumeric
                else {
                    throw .noAccess(
                        "\(path): proxy-url: write tls-server-name too, a name that the certificate of \(access.origin) has; behind a proxy a server can't prove an IP address"
                    )
                }
                access.proxy = proxy
            }
            return access
        }

        private func identity(of user: User) throws(APIError) -> Access.Identity? {
            let certificate = try pem(user.clientCertificateData, user.clientCertificate, "client-certificate")
            let key = try pem(user.clientKeyData, user.clientKey, "client-key")
            guard certificate != nil || key != nil else { return nil }
            guard let certificate, let key else {
                throw .noAccess("\(path): a client certificate and its key belong together; one of them is missing")
            }
            return Access.Identity(certificate: certificate, key: key)
        }

        private func pem(_ data: String?, _ file: String?, _ key: String) throws(APIError) -> [UInt8]? {
            if let data, !data.isEmpty { return try AccessFile.decoded(data, "\(key)-data") }
            if let file, !file.isEmpty { return try readFile(file) }
            return nil
        }

        /// Prefers the token file, because it may be newer: `rest.TokenSource`,
        /// <https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/#AuthInfo>.
        private func token(of user: User) throws(APIError) -> String? {
            if let file = user.tokenFile, !file.isEmpty { return try AccessFile.token(at: absolute(file)) }
            return user.token.flatMap { $0.isEmpty ? nil : $0 }
        }

        private func resolved(_ plugin: ExecPlugin) -> ExecPlugin {
            var plugin = plugin
            if plugin.command.contains("/") {
                plugin.command = absolute(plugin.command)
            }
            return plugin
        }
    }
}
