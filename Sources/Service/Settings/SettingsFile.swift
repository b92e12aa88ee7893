import BackendConfiguration
import Foundation
import Jobs
import LocalBackend
import Platform
import SignIn
import Yams

/// The content of the configuration file. Missing keys are nil or empty.
struct SettingsFile {
    /// The values of `repository` by key.
    var repository: [String: String] = [:]
    var state: String?
    var listen: String?
    var clusters: [String: ConfiguredCluster] = [:]
    var installation: String?
    var runtimes = RuntimeSettings()
    var authentication: Authentication?
    var webhookSecretFile: String?
    var certificateFile: String?
    var keyFile: String?
    var pruneLimit: Int?
    var pruneFraction: Double?
    /// Messages about valid keys without an effect.
    var warnings: [String] = []

    init() {}

    /// Reads a file.
    ///
    /// - Throws: ``SettingsError`` with the position `file:line:column` of each unknown key, each value of the wrong
    ///   kind, and each key that this version does not support yet, because ignoring a key could be dangerous.
    init(path: String) throws(SettingsError) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw SettingsError(["\(path) can't be read; write the configuration there, or leave --config out"])
        }
        let root: Node?
        do {
            root = try Yams.compose(yaml: String(decoding: data, as: UTF8.self))
        } catch {
            throw SettingsError(["\(path): \(error)"])
        }
        guard let root else { return }
        var reader = SettingsReader(path: path)
        readDocument(root, with: &reader)
        guard reader.faults.isEmpty else { throw SettingsError(reader.faults) }
        warnings = reader.warnings
    }

    private mutating func readDocument(_ root: Node, with reader: inout SettingsReader) {
        let top = reader.mapping(
            root,
            at: "",
            known: [
                "repository", "state", "listen", "tls", "clusters", "runtimes", "auth", "webhooks", "prune",
                "installation",
            ]
        )
        state = top["state"].flatMap { reader.string($0, at: "state") }
        listen = top["listen"].flatMap { reader.string($0, at: "listen") }
        installation = top["installation"].flatMap { readInstallation($0, with: &reader) }
        if let node = top["tls"] {
            let keys = reader.mapping(node, at: "tls", known: ["certificateFile", "keyFile"])
            certificateFile = keys["certificateFile"].flatMap { reader.string($0, at: "tls.certificateFile") }
            keyFile = keys["keyFile"].flatMap { reader.string($0, at: "tls.keyFile") }
            if keys.count != 2 {
                reader.fault(node, "tls: write both, {certificateFile: FILE, keyFile: FILE}, or leave tls out")
            }
        }
        if let node = top["repository"] {
            readRepository(node, with: &reader)
        }
        if let node = top["runtimes"] {
            readRuntimes(node, with: &reader)
        }
        authentication = top["auth"].flatMap { AuthenticationKeys.readAuthentication($0, with: &reader) }
        if let node = top["webhooks"] {
            let keys = reader.mapping(node, at: "webhooks", known: ["secretFile"])
            webhookSecretFile = keys["secretFile"].flatMap { reader.string($0, at: "webhooks.secretFile") }
        }
        if let node = top["prune"] {
            readPrune(node, with: &reader)
        }
        if let node = top["clusters"] {
            for (id, node) in reader.entries(node, at: "clusters") {
                readCluster(id, node, with: &reader)
            }
        }
        if let node = top["auth"] {
            warnOfLocalProxy(node, with: &reader)
        }
    }

    /// Warns if a job of this machine could pretend to be the proxy.
    private func warnOfLocalProxy(_ node: Node, with reader: inout SettingsReader) {
        let runsJobs = clusters.isEmpty || clusters.values.contains { $0.kind == BackendKind.local.name }
        guard runsJobs, authentication?.trustedProxies.contains(where: \.hasLoopback) == true else { return }
        reader.warn(
            node,
            "auth.trustedProxies has an address of this machine, and jobs run on it: a job can call the service as any user; "
                + "run the proxy on another machine"
        )
    }

    private mutating func readRepository(_ node: Node, with reader: inout SettingsReader) {
        let texts = ["url", "branch", "interval", "fetchTimeout", "exportLimit", "proxy"]
        let known = Set(texts + SettingsSource.repositoryFiles.map(\.key))
        let keys = reader.mapping(node, at: "repository", known: known)
        for (key, node) in keys.sorted(by: { $0.key < $1.key }) {
            repository[key] = reader.string(node, at: "repository.\(key)")
        }
    }

    private mutating func readPrune(_ node: Node, with reader: inout SettingsReader) {
        let keys = reader.mapping(node, at: "prune", known: ["limit", "fraction"])
        if let node = keys["limit"], let text = reader.string(node, at: "prune.limit") {
            pruneLimit = Int(text).flatMap { $0 >= 0 ? $0 : nil }
            if pruneLimit == nil {
                reader.fault(node, "prune.limit: \"\(text)\" is no number of jobs; write 0 or more")
            }
        }
        if let node = keys["fraction"], let text = reader.string(node, at: "prune.fraction") {
            pruneFraction = Double(text).flatMap { (0...1).contains($0) ? $0 : nil }
            if pruneFraction == nil {
                reader.fault(node, "prune.fraction: \"\(text)\" is no part of all jobs; write a number from 0 to 1")
            }
        }
    }

    private mutating func readRuntimes(_ node: Node, with reader: inout SettingsReader) {
        let keys = reader.mapping(node, at: "runtimes", known: ["provision", "python"])
        if let node = keys["provision"], let text = reader.string(node, at: "runtimes.provision") {
            switch text {
            case "pip": runtimes.provisionsRuntimes = true
            case "none": runtimes.provisionsRuntimes = false
            default: reader.fault(node, "runtimes.provision: \"\(text)\" is not known; write pip or none")
            }
        }
        if let node = keys["python"] {
            for (version, node) in reader.entries(node, at: "runtimes.python") {
                runtimes.interpreters[version] = reader.string(node, at: "runtimes.python.\(version)")
            }
        }
    }

    /// A cluster without the key `backend` is of the first kind, which is this machine.
    private mutating func readCluster(_ id: String, _ node: Node, with reader: inout SettingsReader) {
        let place = "clusters.\(id)"
        var kind = BackendKind.all[0]
        if let backend = node.mapping?["backend"], let text = reader.string(backend, at: "\(place).backend") {
            guard let named = BackendKind.all.first(where: { $0.name == text }) else {
                let names = BackendKind.all.map(\.name).joined(separator: " or ")
                reader.fault(backend, "\(place).backend: \"\(text)\" is not known; write \(names)")
                return
            }
            kind = named
        }
        clusters[id] = kind.readCluster(node, at: place, with: &reader)
    }

    /// Reads the name of the installation, which becomes the value of a label on clusters.
    private func readInstallation(_ node: Node, with reader: inout SettingsReader) -> String? {
        guard let name = reader.string(node, at: "installation") else { return nil }
        if let fault = JobPath.labelFault(name) {
            reader.fault(node, "installation: \"\(name)\" \(fault)")
        }
        return name
    }
}
