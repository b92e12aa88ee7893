import Foundation
import Git
import GitMirror
import Jobs
import Platform
import RESTView
import Reconciler

/// Reads the settings. A flag wins over the environment, the environment over the file, and the file over the default.
public struct SettingsSource: Sendable {
    /// The flags of `serve`. Missing flags are nil.
    public struct Flags: Sendable {
        var repository: String?
        var branch: String?
        var state: String?
        var listen: String?

        /// Creates flags. Nil stands for a missing flag.
        public init(
            repository: String? = nil,
            branch: String? = nil,
            state: String? = nil,
            listen: String? = nil
        ) {
            self.repository = repository
            self.branch = branch
            self.state = state
            self.listen = listen
        }
    }

    let config: String?
    let flags: Flags
    var environment = ProcessInfo.processInfo.environment
    var isRoot = FileOwnership.ownUser == 0

    /// Creates a source without reading it.
    ///
    /// - Parameters:
    ///   - config: the path of the configuration file. Nil: `--config` is missing.
    ///   - flags: the other flags.
    public init(config: String?, flags: Flags) {
        self.config = config
        self.flags = flags
    }

    init(config: String?, flags: Flags, environment: [String: String], isRoot: Bool = FileOwnership.ownUser == 0) {
        self.init(config: config, flags: flags)
        self.environment = environment
        self.isRoot = isRoot
    }

    /// Reads the settings.
    ///
    /// - Throws: ``SettingsError`` with all errors at once.
    func settings() throws(SettingsError) -> Settings {
        var faults: [String] = []
        var file = SettingsFile()
        if let path = config ?? variable("config") {
            file = try SettingsFile(path: path)
        }
        let address = repositoryAddress(file, &faults)
        var settings = Settings(repository: address)
        settings.branch = flags.branch ?? variable("branch") ?? repositoryValue("branch", file) ?? settings.branch
        if let state = flags.state ?? variable("state") ?? file.state {
            settings.state = state
        } else {
            let isThere = FileManager.default.fileExists(atPath:)
            let (path, warning) = StateFolder.default(environment, isRoot: isRoot, isThere: isThere)
            settings.state = path
            settings.warnings += warning.map { [$0] } ?? []
        }
        settings.listen = listenAddress(file, &faults)
        settings.certificate = certificate(file, settings.listen, &faults)
        for (key, path) in Self.repositoryFiles {
            settings[keyPath: path] = repositoryValue(key, file)?.absolutePath
        }
        settings.mirror.proxy = repositoryValue("proxy", file)
        settings.mirror.fetchTimeout = duration("fetchTimeout", file, settings.mirror.fetchTimeout, &faults)
        settings.interval = duration("interval", file, settings.interval, &faults)
        settings.exportLimit = exportLimit(file, settings.exportLimit, &faults)
        switch repositoryValue("shared", file) {
        case nil, "false": break
        case "true": settings.sharesRepository = true
        case let text?:
            faults.append(
                place("repository.shared", file) + "repository.shared: \"\(text)\" is not known; write true or false"
            )
        }
        settings.clusters = file.clusters
        settings.installation = variable("installation") ?? file.installation
        settings.runtimes = file.runtimes
        settings.warnings += file.warnings
        settings.pruneGuard.limit = file.pruneLimit ?? settings.pruneGuard.limit
        settings.pruneGuard.fraction = file.pruneFraction ?? settings.pruneGuard.fraction
        settings.authentication = file.authentication
        settings.retention = file.retention
        settings.log = file.log
        settings.metricsNamePartitions = file.metricsNamePartitions
        settings.webhookSecretFile = variable("webhooks.secretFile") ?? file.webhookSecretFile
        guard faults.isEmpty else { throw SettingsError(faults) }
        return settings
    }

    /// The position of a value as `file:line:column: `; empty if the environment has it.
    private func place(_ key: String, _ file: SettingsFile) -> String {
        let name = key == "repository.url" ? "repository" : key
        guard variable(name) == nil, let place = file.places[key] else { return "" }
        return "\(place): "
    }

    private func repositoryAddress(_ file: SettingsFile, _ faults: inout [String]) -> RepositoryAddress {
        let text = flags.repository ?? variable("repository") ?? repositoryValue("url", file)
        guard let text else {
            faults.append("which repository? Write --repository PATH, or repository: {url: PATH} in the configuration")
            return .local(path: "")
        }
        do {
            return try RepositoryAddress(text)
        } catch {
            faults.append((flags.repository == nil ? place("repository.url", file) : "") + "\(error)")
            return .local(path: "")
        }
    }

    private func listenAddress(_ file: SettingsFile, _ faults: inout [String]) -> ListenAddress {
        guard let text = flags.listen ?? variable("listen") ?? file.listen else { return .default }
        let place = flags.listen == nil ? place("listen", file) : ""
        guard let address = ListenAddress(text) else {
            faults.append(
                "\(place)listen: \"\(text)\" is no address; write HOST:PORT, \(ServiceDefaults.listenAddress) say, or unix:PATH with a short path"
            )
            return .default
        }
        if case .tcp(_, let port) = address, !address.isLoopback, file.authentication == nil {
            faults.append(
                "\(place)listen: without auth the service listens on loopback addresses only, since anybody who reaches it reads every job; configure auth, or write \(ServiceDefaults.host):\(port) and put a proxy in front"
            )
        }
        return address
    }

    private func certificate(
        _ file: SettingsFile,
        _ address: ListenAddress,
        _ faults: inout [String]
    ) -> CertificateFiles? {
        let certificate = variable("tls.certificateFile") ?? file.certificateFile
        let key = variable("tls.keyFile") ?? file.keyFile
        guard certificate != nil || key != nil else { return nil }
        guard let certificate, let key else {
            faults.append(
                "\(place("tls", file))tls: the \(key == nil ? "keyFile" : "certificateFile") is missing; name both files, or none"
            )
            return nil
        }
        if case .unix = address {
            faults.append(
                "\(place("tls", file))tls: a Unix socket has no need of it; leave tls out, or write listen: HOST:PORT"
            )
        }
        return CertificateFiles(certificate: certificate.absolutePath, key: key.absolutePath)
    }

    private func duration(
        _ key: String,
        _ file: SettingsFile,
        _ standard: Duration,
        _ faults: inout [String]
    ) -> Duration {
        guard let text = repositoryValue(key, file) else { return standard }
        guard let duration = Duration(setting: text), duration > .zero else {
            faults.append(
                "\(place("repository.\(key)", file))repository.\(key): \"\(text)\" is no duration; write 250ms, 15s, 10m or 1h"
            )
            return standard
        }
        return duration
    }

    private func exportLimit(_ file: SettingsFile, _ standard: Int, _ faults: inout [String]) -> Int {
        guard let text = repositoryValue("exportLimit", file) else { return standard }
        guard let bytes = try? MemoryQuantity(text).bytes, bytes > 0 else {
            faults.append(
                "\(place("repository.exportLimit", file))repository.exportLimit: \"\(text)\" is no number of bytes; write 512Mi or 2Gi"
            )
            return standard
        }
        return bytes
    }

    /// The keys of `repository` that name files, with the settings for them.
    static var repositoryFiles: [(key: String, path: WritableKeyPath<Settings, String?>)] {
        [
            ("allowedSigners", \.allowedSigners), ("sshKey", \.mirror.sshKey), ("knownHosts", \.mirror.knownHosts),
            ("tokenFile", \.mirror.tokenFile), ("userFile", \.mirror.userFile), ("caFile", \.mirror.caFile),
        ]
    }

    /// Returns the value of a key of `repository` from the environment or the file.
    private func repositoryValue(_ key: String, _ file: SettingsFile) -> String? {
        variable("repository.\(key)") ?? file.repository[key]
    }

    /// Returns the environment variable for a key: `TFJOB_ADMIN_REPOSITORY_SSH_KEY` for `repository.sshKey`.
    private func variable(_ key: String) -> String? {
        let name = key.reduce(into: "TFJOB_ADMIN_") { name, character in
            name += character.isUppercase ? "_" : ""
            name += character == "." ? "_" : character.uppercased()
        }
        return environment[name]
    }
}
