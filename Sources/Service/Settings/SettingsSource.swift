import Foundation
import Git
import GitMirror
import Jobs
import Platform
import RESTView
import Reconciler

/// Puts the settings together: a flag wins over the environment, the environment over the file, the file over the default.
public struct SettingsSource: Sendable {
    /// The flags of `serve`; nil where one is not given.
    public struct Flags: Sendable {
        var repository: String?
        var branch: String?
        var state: String?
        var listen: String?

        /// Nil where a flag is not given.
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

    /// Reads nothing yet.
    ///
    /// - Parameters:
    ///   - config: the path of the configuration; nil where `--config` is not given.
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

    /// - Throws: ``SettingsError`` with all faults at once.
    func settings() throws(SettingsError) -> Settings {
        var faults: [String] = []
        var file = SettingsFile()
        if let path = config ?? variable("CONFIG") {
            file = try SettingsFile(path: path)
        }
        let address = repositoryAddress(file, &faults)
        var settings = Settings(repository: address)
        settings.branch = flags.branch ?? variable("BRANCH", "REPOSITORY_BRANCH") ?? file.branch ?? settings.branch
        if let state = flags.state ?? variable("STATE") ?? file.state {
            settings.state = state
        } else {
            let isThere = FileManager.default.fileExists(atPath:)
            let (path, warning) = StateFolder.default(environment, isRoot: isRoot, isThere: isThere)
            settings.state = path
            settings.warnings += warning.map { [$0] } ?? []
        }
        settings.listen = listenAddress(file, &faults)
        settings.certificate = certificate(file, settings.listen, &faults)
        settings.interval = duration("interval", file.interval, settings.interval, &faults)
        settings.mirror = mirror(file, &faults)
        settings.exportLimit = exportLimit(file, settings.exportLimit, &faults)
        settings.allowedSigners = path("allowedSigners", "ALLOWED_SIGNERS", file)
        settings.clusters = file.clusters
        settings.installation = variable("INSTALLATION") ?? file.installation
        settings.runtimes = file.runtimes
        settings.warnings += file.warnings
        settings.pruneGuard.limit = file.pruneLimit ?? settings.pruneGuard.limit
        settings.pruneGuard.fraction = file.pruneFraction ?? settings.pruneGuard.fraction
        settings.authentication = file.authentication
        settings.webhookSecretFile = variable("WEBHOOKS_SECRET_FILE") ?? file.webhookSecretFile
        guard faults.isEmpty else { throw SettingsError(faults) }
        return settings
    }

    private func repositoryAddress(_ file: SettingsFile, _ faults: inout [String]) -> RepositoryAddress {
        let text = flags.repository ?? variable("REPOSITORY", "REPOSITORY_URL") ?? file.repository
        guard let text else {
            faults.append("which repository? Write --repository PATH, or repository: {url: PATH} in the configuration")
            return .local(path: "")
        }
        do {
            return try RepositoryAddress(text)
        } catch {
            faults.append("\(error)")
            return .local(path: "")
        }
    }

    private func listenAddress(_ file: SettingsFile, _ faults: inout [String]) -> ListenAddress {
        guard let text = flags.listen ?? variable("LISTEN") ?? file.listen else { return .default }
        guard let address = ListenAddress(text) else {
            faults.append(
                "listen: \"\(text)\" is no address; write HOST:PORT, 127.0.0.1:8899 say, or unix:PATH with a short path"
            )
            return .default
        }
        if case .tcp(_, let port) = address, !address.isLoopback, file.authentication == nil {
            faults.append(
                "listen: without auth the service listens on loopback addresses only, since anybody who reaches it reads every job; configure auth, or write 127.0.0.1:\(port) and put a proxy in front"
            )
        }
        return address
    }

    private func certificate(
        _ file: SettingsFile,
        _ address: ListenAddress,
        _ faults: inout [String]
    ) -> CertificateFiles? {
        let certificate = variable("TLS_CERTIFICATE_FILE") ?? file.certificateFile
        let key = variable("TLS_KEY_FILE") ?? file.keyFile
        guard certificate != nil || key != nil else { return nil }
        guard let certificate, let key else {
            faults.append("tls: the \(key == nil ? "keyFile" : "certificateFile") is missing; name both files, or none")
            return nil
        }
        if case .unix = address {
            faults.append("tls: a Unix socket has no need of it; leave tls out, or write listen: HOST:PORT")
        }
        return CertificateFiles(certificate: certificate.expandingHome, key: key.expandingHome)
    }

    private func duration(
        _ key: String,
        _ inFile: String?,
        _ standard: Duration,
        _ faults: inout [String]
    ) -> Duration {
        let name = key == "interval" ? "INTERVAL" : "FETCH_TIMEOUT"
        guard let text = variable("REPOSITORY_\(name)") ?? inFile else { return standard }
        guard let duration = Duration(setting: text), duration > .zero else {
            faults.append("repository.\(key): \"\(text)\" is no duration; write 250ms, 15s, 10m or 1h")
            return standard
        }
        return duration
    }

    private func exportLimit(_ file: SettingsFile, _ standard: Int, _ faults: inout [String]) -> Int {
        guard let text = variable("REPOSITORY_EXPORT_LIMIT") ?? file.exportLimit else { return standard }
        guard let bytes = try? MemoryQuantity(text).bytes, bytes > 0 else {
            faults.append("repository.exportLimit: \"\(text)\" is no number of bytes; write 512Mi or 2Gi")
            return standard
        }
        return bytes
    }

    private func mirror(_ file: SettingsFile, _ faults: inout [String]) -> MirrorSettings {
        var mirror = MirrorSettings()
        mirror.fetchTimeout = duration("fetchTimeout", file.fetchTimeout, mirror.fetchTimeout, &faults)
        mirror.sshKey = path("sshKey", "SSH_KEY", file)
        mirror.knownHosts = path("knownHosts", "KNOWN_HOSTS", file)
        mirror.tokenFile = path("tokenFile", "TOKEN_FILE", file)
        mirror.userFile = path("userFile", "USER_FILE", file)
        mirror.caFile = path("caFile", "CA_FILE", file)
        mirror.proxy = variable("REPOSITORY_PROXY") ?? file.repositoryFiles["proxy"]
        return mirror
    }

    /// A file that the configuration names; `~` is the service's home.
    private func path(_ key: String, _ name: String, _ file: SettingsFile) -> String? {
        (variable("REPOSITORY_\(name)") ?? file.repositoryFiles[key]).map(\.expandingHome)
    }

    private func variable(_ names: String...) -> String? {
        names.lazy.compactMap { environment["TFJOB_ADMIN_\($0)"] }.first
    }
}
