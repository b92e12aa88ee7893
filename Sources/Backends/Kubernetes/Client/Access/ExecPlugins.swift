import Foundation
import Subprocess
import SystemPackage

/// Runs credential plugins, and keeps what they gave out until it expires.
actor ExecPlugins {
    /// How long a program may take.
    private static let deadline = Duration.seconds(60)
    /// How long before its end a credential is not used any more.
    static let margin: TimeInterval = 10

    private let environment: [String: String]
    private var issued: [ExecPlugin: ExecCredential] = [:]
    private let deadline: Duration

    init(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        deadline: Duration = ExecPlugins.deadline
    ) {
        self.environment = environment
        self.deadline = deadline
    }

    /// The server did not take what was given out.
    func forget() {
        issued = [:]
    }

    /// What a program gives out, or gave out before and is still good.
    func credential(of plugin: ExecPlugin, for access: Access) async throws(APIError) -> ExecCredential {
        if let known = issued[plugin], known.expiration.map({ $0 > Date() + Self.margin }) ?? true {
            return known
        }
        guard ExecPlugin.versions.contains(plugin.apiVersion) else {
            throw .noAccess(
                "exec: the version \(plugin.apiVersion) is not known; \(ExecPlugin.versions.joined(separator: " and ")) are"
            )
        }
        let output = try await run(plugin, access)
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

    private func run(_ plugin: ExecPlugin, _ access: Access) async throws(APIError) -> [UInt8] {
        do {
            var variables = environment
            for variable in plugin.env ?? [] {
                variables[variable.name] = variable.value
            }
            variables["KUBERNETES_EXEC_INFO"] = try plugin.information(access)
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
