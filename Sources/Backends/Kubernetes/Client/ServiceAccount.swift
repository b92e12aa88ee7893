import Foundation

/// The identity that Kubernetes gives to a pod.
enum ServiceAccount {
    /// Reads the credentials of this pod.
    ///
    /// - Parameters:
    ///   - folder: contains `token` and `ca.crt`.
    ///   - environment: names the server.
    static func credentials(
        folder: String,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(APIError) -> Credentials {
        guard let host = environment["KUBERNETES_SERVICE_HOST"], let port = environment["KUBERNETES_SERVICE_PORT"],
            let server = Access.Address("https://\(host.contains(":") ? "[\(host)]" : host):\(port)")
        else {
            throw .noAccess(
                "this service runs in no cluster (KUBERNETES_SERVICE_HOST is not set); name a kubeconfig for this one"
            )
        }
        var access = Access(server: server)
        access.certificateAuthority = try AccessFile.bytes(at: "\(folder)/ca.crt")
        return Credentials(access: access, token: try AccessFile.token(at: "\(folder)/token"))
    }
}

/// Reads the files that hold certificates, keys and tokens.
enum AccessFile {
    static func bytes(at path: String) throws(APIError) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .noAccess("\(path) can't be read")
        }
        return Array(data)
    }

    /// Reads a token without the newline that many files end with.
    static func token(at path: String) throws(APIError) -> String {
        let text = String(decoding: try bytes(at: path), as: UTF8.self)
        let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !token.isEmpty, !token.contains(where: \.isNewline) else {
            throw .noAccess("\(path) has no token")
        }
        return token
    }

    /// Decodes base 64 from a kubeconfig's key.
    static func decoded(_ text: String, _ key: String) throws(APIError) -> [UInt8] {
        guard let data = Data(base64Encoded: text, options: .ignoreUnknownCharacters) else {
            throw .noAccess("\(key) in the kubeconfig is no base 64")
        }
        return Array(data)
    }
}
