import Foundation
import Jobs
import KubernetesBackend
import SignIn
import Yams

/// What the configuration file says; a member is nil or empty where the file is silent.
struct SettingsFile {
    var repository: String?
    var branch: String?
    var interval: String?
    var exportLimit: String?
    var fetchTimeout: String?
    /// The other values of `repository`, all of them paths but `proxy`, by key.
    var repositoryFiles: [String: String] = [:]
    var state: String?
    var listen: String?
    var clusters: [String: Settings.LocalCluster] = [:]
    var kubernetes: [String: KubernetesSettings] = [:]
    var installation: String?
    var provisionsRuntimes: Bool?
    var interpreters: [String: String] = [:]
    var authentication: Authentication?
    var webhookSecretFile: String?
    var certificateFile: String?
    var keyFile: String?
    var pruneLimit: Int?
    var pruneFraction: Double?

    init() {}

    /// Reads a file.
    ///
    /// - Throws: ``SettingsError`` with each fault as `file:line:column`: an unknown key, a value of the wrong kind, and a key
    ///   that this version can't honour yet, since to pass over `prune`, say, would be worse than not to start.
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
        read(root, with: &reader)
        guard reader.faults.isEmpty else { throw SettingsError(reader.faults) }
    }

    private mutating func read(_ root: Node, with reader: inout SettingsReader) {
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
        installation = top["installation"].flatMap { installation($0, with: &reader) }
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
        authentication = top["auth"].flatMap { AuthenticationKeys.read($0, with: &reader) }
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
    }

    private mutating func readRepository(_ node: Node, with reader: inout SettingsReader) {
        let keys = reader.mapping(
            node,
            at: "repository",
            known: Self.repositoryFileKeys.union(["url", "branch", "interval", "fetchTimeout", "exportLimit", "proxy"])
        )
        repository = keys["url"].flatMap { reader.string($0, at: "repository.url") }
        branch = keys["branch"].flatMap { reader.string($0, at: "repository.branch") }
        interval = keys["interval"].flatMap { reader.string($0, at: "repository.interval") }
        fetchTimeout = keys["fetchTimeout"].flatMap { reader.string($0, at: "repository.fetchTimeout") }
        exportLimit = keys["exportLimit"].flatMap { reader.string($0, at: "repository.exportLimit") }
        for key in Self.repositoryFileKeys.union(["proxy"]) {
            repositoryFiles[key] = keys[key].flatMap { reader.string($0, at: "repository.\(key)") }
        }
    }

    private static let repositoryFileKeys: Set = [
        "allowedSigners", "sshKey", "knownHosts", "tokenFile", "userFile", "caFile",
    ]

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
            case "pip": provisionsRuntimes = true
            case "none": provisionsRuntimes = false
            default: reader.fault(node, "runtimes.provision: \"\(text)\" is not known; write pip or none")
            }
        }
        if let node = keys["python"] {
            for (version, node) in reader.entries(node, at: "runtimes.python") {
                interpreters[version] = reader.string(node, at: "runtimes.python.\(version)")
            }
        }
    }

    private mutating func readCluster(_ id: String, _ node: Node, with reader: inout SettingsReader) {
        let place = "clusters.\(id)"
        guard let backend = node.mapping?["backend"], let text = reader.string(backend, at: "\(place).backend") else {
            clusters[id] = localCluster(node, at: place, with: &reader)
            return
        }
        switch text {
        case "local": clusters[id] = localCluster(node, at: place, with: &reader)
        case "kubernetes": kubernetes[id] = KubernetesKeys.read(node, at: place, with: &reader)
        default: reader.fault(backend, "\(place).backend: \"\(text)\" is not known; write local or kubernetes")
        }
    }

    private func localCluster(
        _ node: Node,
        at place: String,
        with reader: inout SettingsReader
    ) -> Settings.LocalCluster {
        let keys = reader.mapping(
            node,
            at: place,
            known: ["backend", "cpu", "memory", "gpus"],
            later: SettingsFile.laterClusterKeys
        )
        var cluster = Settings.LocalCluster()
        if let node = keys["gpus"], let text = reader.string(node, at: "\(place).gpus") {
            if let count = text == "auto" ? GPUs.count() : Int(text), count >= 0 {
                cluster.gpus = count
            } else {
                reader.fault(node, "\(place).gpus: \"\(text)\" is no whole number of GPUs; write 0 or more, or auto")
            }
        }
        return cluster
    }

    /// It becomes a label's value on clusters.
    private func installation(_ node: Node, with reader: inout SettingsReader) -> String? {
        guard let name = reader.string(node, at: "installation") else { return nil }
        if let fault = JobPath.labelFault(name) {
            reader.fault(node, "installation: \"\(name)\" \(fault)")
        }
        return name
    }

    private static let laterClusterKeys: Set = ["user", "logs"]
}
