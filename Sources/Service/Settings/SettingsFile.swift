import BackendConfiguration
import Foundation
import Jobs
import LocalBackend
import Logging
import Platform
import Reconciler
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
    var metricsNamePartitions = false
    var retention = Retention()
    var log = LineLogHandler.Settings()
    var certificateFile: String?
    var keyFile: String?
    var pruneLimit: Int?
    var pruneFraction: Double?
    /// The position of the value of each key that ``SettingsSource`` checks, as `file:line:column`.
    var places: [String: String] = [:]
    /// Messages about valid keys without an effect.
    var warnings: [String] = []

    init() {}

    /// Reads a file.
    ///
    /// - Throws: ``SettingsError`` with the position `file:line:column` of each unknown key, each value of the wrong
    ///   kind, and each key that this version does not support yet, because ignoring a key could be dangerous.
    init(path: String) throws(SettingsError) {
        guard let data = FileManager.default.contents(atPath: path) else {
            let fault = UnreadableFile.fault(of: path).map { ": \($0)" } ?? ""
            throw SettingsError(["\(path) can't be read\(fault); write the configuration there, or leave --config out"])
        }
        let root: Node?
        do {
            root = try Yams.compose(yaml: String(decoding: data, as: UTF8.self))
        } catch let error as YamlError {
            throw SettingsError([YAMLFault(error, in: String(decoding: data, as: UTF8.self)).sentence(path)])
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
                "installation", "log", "metrics", "retention",
            ]
        )
        state = top["state"].flatMap { reader.path($0, at: "state", example: "a folder, /var/lib/tfjob-admin") }
        listen = top["listen"].flatMap { reader.string($0, at: "listen") }
        places["listen"] = top["listen"].map(reader.place(of:))
        places["tls"] = top["tls"].map(reader.place(of:))
        installation = top["installation"].flatMap { readInstallation($0, with: &reader) }
        if let node = top["tls"] {
            let keys = reader.mapping(node, at: "tls", known: ["certificateFile", "keyFile"])
            certificateFile = keys["certificateFile"].flatMap { readFile($0, "tls.certificateFile", with: &reader) }
            keyFile = keys["keyFile"].flatMap { readFile($0, "tls.keyFile", with: &reader) }
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
            webhookSecretFile = keys["secretFile"].flatMap { readFile($0, "webhooks.secretFile", with: &reader) }
        }
        if let node = top["metrics"] {
            readMetrics(node, with: &reader)
        }
        if let node = top["log"] {
            readLog(node, with: &reader)
        }
        if let node = top["retention"] {
            readRetention(node, with: &reader)
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
            AuthenticationKeys.warnOfUnknownClusters(node, Set(clusters.keys), with: &reader)
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

    private func readFile(_ node: Node, _ place: String, with reader: inout SettingsReader) -> String? {
        reader.path(node, at: place, example: "the path of a file")
    }

    private mutating func readRepository(_ node: Node, with reader: inout SettingsReader) {
        let texts = ["url", "branch", "interval", "fetchTimeout", "exportLimit", "proxy", "shared"]
        let known = Set(texts + SettingsSource.repositoryFiles.map(\.key))
        let keys = reader.mapping(node, at: "repository", known: known)
        for (key, node) in keys.sorted(by: { $0.key < $1.key }) {
            let isFile = SettingsSource.repositoryFiles.contains { $0.key == key }
            let place = "repository.\(key)"
            repository[key] = isFile ? readFile(node, place, with: &reader) : reader.string(node, at: place)
            places[place] = reader.place(of: node)
        }
    }

    private mutating func readMetrics(_ node: Node, with reader: inout SettingsReader) {
        let keys = reader.mapping(node, at: "metrics", known: ["partitions"])
        guard let node = keys["partitions"], let text = reader.string(node, at: "metrics.partitions") else { return }
        switch text {
        case "true": metricsNamePartitions = true
        case "false": metricsNamePartitions = false
        default: reader.fault(node, "metrics.partitions: \"\(text)\" is not known; write true or false")
        }
    }

    private mutating func readLog(_ node: Node, with reader: inout SettingsReader) {
        let keys = reader.mapping(node, at: "log", known: ["level", "format"])
        let levels: [Logger.Level] = [.debug, .info, .notice, .warning, .error]
        if let node = keys["level"], let text = reader.string(node, at: "log.level") {
            if let level = levels.first(where: { $0.rawValue == text }) {
                log.level = level
            } else {
                let names = levels.map(\.rawValue).joined(separator: ", ")
                reader.fault(node, "log.level: \"\(text)\" is not known; write one of \(names)")
            }
        }
        if let node = keys["format"], let text = reader.string(node, at: "log.format") {
            if let format = LineLogHandler.Format(rawValue: text) {
                log.format = format
            } else {
                reader.fault(node, "log.format: \"\(text)\" is not known; write text or json")
            }
        }
    }

    private mutating func readRetention(_ node: Node, with reader: inout SettingsReader) {
        let keys = reader.mapping(node, at: "retention", known: ["runs", "age"])
        if let node = keys["runs"], let text = reader.string(node, at: "retention.runs") {
            if let runs = Int(text), (1...1_000_000).contains(runs) {
                retention.runs = runs
            } else {
                reader.fault(node, "retention.runs: \"\(text)\" is no number of runs; write 1 or more")
            }
        }
        if let node = keys["age"], let text = reader.string(node, at: "retention.age") {
            if let age = Duration(setting: text), age > .zero {
                retention.age = age
            } else {
                reader.fault(node, "retention.age: \"\(text)\" is no duration; write 12h or 30d")
            }
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
        let keys = reader.mapping(node, at: "runtimes", known: ["provision", "python", "packages"])
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
        if let node = keys["packages"] {
            readPackages(node, with: &reader)
        }
    }

    private mutating func readPackages(_ node: Node, with reader: inout SettingsReader) {
        for node in reader.elements(node, at: "runtimes.packages") {
            guard let text = reader.string(node, at: "runtimes.packages") else { continue }
            do throws(RequirementFault) {
                runtimes.packages.append("\(try Requirement(text))")
            } catch {
                reader.fault(node, "runtimes.packages: \(error.message)")
            }
        }
        if !runtimes.provisionsRuntimes {
            reader.fault(node, "runtimes.packages needs pip; write provision: pip, or leave the packages out")
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

/// A fault of the syntax of YAML, in our words.
struct YAMLFault {
    private let line: Int
    private let column: Int
    private let message: String

    init(_ error: YamlError, in text: String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            (line, column) = (mark.line, mark.column)
            message = "this is no YAML: \(problem)"
        case .duplicatedKeysInMapping(let keys, let context):
            let key = keys.first ?? ""
            (line, column) = Self.repetition(of: key, in: text, after: context.mark)
            message = "the key \(key) is there twice; keep one of the two"
        case .reader(let problem, let offset, _, _):
            let before = text.utf8.prefix(offset ?? 0).split(
                separator: UInt8(ascii: "\n"),
                omittingEmptySubsequences: false
            )
            (line, column) = (before.count, (before.last?.count ?? 0) + 1)
            message = "this is no YAML: \(problem)"
        default: (line, column, message) = (1, 1, "this is no YAML: \(error)")
        }
    }

    /// `file:line:column: message`.
    func sentence(_ path: String) -> String { "\(path):\(line):\(column): \(message)" }

    /// The position of the second time that a mapping has a key. The library says only where the mapping begins.
    private static func repetition(of key: String, in text: String, after mark: Mark) -> (line: Int, column: Int) {
        var isRepeated = false
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() where number + 1 >= mark.line {
            var rest = line[...]
            while let range = rest.range(of: key) {
                let before = line[..<range.lowerBound].last,
                    after = line[range.upperBound...].drop { $0 == "\"" || $0 == " " }
                let isKey = after.hasPrefix(":") && (before.map { " {,\"'-\t".contains($0) } ?? true)
                if isKey, isRepeated {
                    return (number + 1, line.distance(from: line.startIndex, to: range.lowerBound) + 1)
                }
                isRepeated = isRepeated || isKey
                rest = line[range.upperBound...]
            }
        }
        return (mark.line, mark.column)
    }
}
