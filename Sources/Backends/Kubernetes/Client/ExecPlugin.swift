import Foundation
import Jobs
import Subprocess
import SystemPackage

/// A program that prints credentials.
///
/// Source: <https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins>.
struct ExecPlugin: Decodable, Sendable, Hashable {
    struct Variable: Decodable, Sendable, Hashable {
        let name: String
        let value: String
    }

    /// `client.authentication.k8s.io/v1` or `…/v1beta1`.
    var apiVersion: String
    /// Looked up on the PATH unless it contains a slash.
    var command: String
    var args: [String]?
    var env: [Variable]?
    /// What to do if the program is missing.
    var installHint: String?
    var provideClusterInfo: Bool?

    static let versions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"]

    /// The value of `KUBERNETES_EXEC_INFO`, which describes the cluster to the program.
    func clusterInformation(_ access: Access) throws -> String {
        var spec: [String: JSONValue] = ["interactive": false]
        if provideClusterInfo == true {
            let authority = access.certificateAuthority.map { Data($0).base64EncodedString() }
            var cluster: [String: JSONValue] = ["server": .string(access.origin)]
            cluster["certificate-authority-data"] = authority.map { .string($0) }
            cluster["tls-server-name"] = access.serverName.map { .string($0) }
            cluster["insecure-skip-tls-verify"] = access.skipsVerification ? true : nil
            spec["cluster"] = .object(cluster)
        }
        let document: JSONValue = [
            "apiVersion": .string(apiVersion), "kind": "ExecCredential", "spec": .object(spec),
        ]
        return try document.text()
    }
}

/// The credentials that a plugin prints.
struct ExecCredential: Decodable, Sendable, Equatable {
    struct Status: Decodable, Sendable, Equatable {
        var token: String?
        var clientCertificateData: String?
        var clientKeyData: String?
        /// RFC 3339; nil if only the server knows.
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

/// Runs credential plugins, and keeps their credentials until they expire.
actor ExecPlugins {
    /// How many seconds before its expiration a credential is no longer used.
    static let margin: TimeInterval = 10

    private var issued: [ExecPlugin: ExecCredential] = [:]
    /// How long a program may run.
    private let deadline: Duration

    init(deadline: Duration = .seconds(60)) {
        self.deadline = deadline
    }

    /// Forgets all credentials, because the server rejected one.
    func dropCredentials() {
        issued = [:]
    }

    /// Returns the credential of a plugin. The program runs only if its last credential has expired.
    func credential(of plugin: ExecPlugin, for access: Access) async throws(APIError) -> ExecCredential {
        if let known = issued[plugin], known.expiration.map({ $0 > Date() + Self.margin }) ?? true {
            return known
        }
        guard ExecPlugin.versions.contains(plugin.apiVersion) else {
            throw .noAccess(
                "exec: unknown version \(plugin.apiVersion); supported versions: \(ExecPlugin.versions.joined(separator: ", "))"
            )
        }
        let output = try await runPlugin(plugin, access)
        guard let credential = try? JSONDecoder().decode(ExecCredential.self, from: Data(output)),
            credential.kind == "ExecCredential", credential.token != nil || credential.identity != nil
        else {
            throw .noAccess("exec: \(plugin.command) printed no ExecCredential with a token or a certificate")
        }
        guard credential.apiVersion == plugin.apiVersion else {
            throw .noAccess(
                "exec: \(plugin.command) answers as \(credential.apiVersion ?? "no version"), and \(plugin.apiVersion) is configured"
            )
        }
        issued[plugin] = credential
        return credential
    }

    private func runPlugin(_ plugin: ExecPlugin, _ access: Access) async throws(APIError) -> [UInt8] {
        do {
            var variables = ProcessInfo.processInfo.environment
            for variable in plugin.env ?? [] {
                variables[variable.name] = variable.value
            }
            variables["KUBERNETES_EXEC_INFO"] = try plugin.clusterInformation(access)
            return try await withThrowingTaskGroup(of: [UInt8]?.self) { [deadline, variables] group in
                group.addTask { try await Self.output(of: plugin, variables) }
                group.addTask {
                    try await Task.sleep(for: deadline)
                    return nil
                }
                defer { group.cancelAll() }
                guard let first = try await group.next(), let output = first else {
                    throw APIError.noAccess("exec: \(plugin.command) did not end within \(deadline) and was killed")
                }
                return output
            }
        } catch let error as APIError {
            throw error
        } catch let error as SubprocessError where error.code == .executableNotFound {
            throw .noAccess("exec: \(plugin.command) is not installed. \(plugin.installHint ?? "")")
        } catch {
            throw Task.isCancelled ? .cancelled : .noAccess("exec: \(plugin.command) can't be run: \(error)")
        }
    }

    private static func output(of plugin: ExecPlugin, _ variables: [String: String]) async throws -> [UInt8] {
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [
            .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .seconds(1))
        ]
        let environment = variables.map { (Environment.Key(stringLiteral: $0.key), $0.value) }
        let result = try await Subprocess.run(
            plugin.command.contains("/") ? .path(FilePath(plugin.command)) : .name(plugin.command),
            arguments: Arguments(plugin.args ?? []),
            environment: .custom(Dictionary(environment) { $1 }),
            platformOptions: options,
            input: .none,
            output: .bytes(limit: 1 << 20),
            error: .string(limit: 1 << 14)
        )
        try Task.checkCancellation()
        guard case .exited(0) = result.terminationStatus else {
            let complaint = result.standardError.split(separator: "\n").last ?? ""
            throw APIError.noAccess("exec: \(plugin.command) failed (\(result.terminationStatus)): \(complaint)")
        }
        return result.standardOutput
    }
}
