import ArgumentParser
import Foundation
import JobFile
import JobTree
import Jobs

/// The clusters that job files may name, and what is wrong with files of other clusters.
struct KnownClusters: Sendable {
    private enum Source {
        /// A configuration file.
        case configuration(String)
        /// A service at an address.
        case service(String)
        /// The job files themselves.
        case files
    }

    private let source: Source
    /// The kind of backend of each cluster. Empty for ``Source/files``.
    private let backends: [String: String]
    /// The number of job files of each cluster. Empty for other sources than ``Source/files``.
    private let counts: [String: Int]

    private init(_ source: Source, backends: [String: String] = [:], counts: [String: Int] = [:]) {
        (self.source, self.backends, self.counts) = (source, backends, counts)
    }

    /// All clusters are known.
    static let all = KnownClusters(.files)

    /// Reads the clusters of a configuration. One without clusters runs every cluster on its machine.
    ///
    /// - Throws: an error with the place of each fault.
    init(configuration path: String) throws {
        self.init(.configuration(path), backends: try ConfigurationReading.readBackends(path))
    }

    /// Asks a service for its clusters.
    init(service: ServerClient) async throws(ServerError) {
        let clusters = try await service.get(PingAnswer.self, "/api/ping").clusters
        let backends = Dictionary(clusters.map { ($0.id, $0.backend) }) { first, _ in first }
        self.init(.service("\(service.address)"), backends: backends)
    }

    /// Counts the job files of each cluster, unless a configuration or a service has named the clusters.
    func counting(_ paths: some Sequence<String>) -> KnownClusters {
        guard case .files = source else { return self }
        let counts = paths.reduce(into: [String: Int]()) { counts, path in
            if case .job(let key) = JobPath(path) {
                counts[key.cluster, default: 0] += 1
            }
        }
        return KnownClusters(.files, counts: counts)
    }

    /// The warnings about a job: its cluster is not known, or does nothing with one of its keys.
    ///
    /// - Parameters:
    ///   - job: the definition. Nil: the file has errors.
    ///   - bytes: the file.
    func issues(of key: JobKey, _ job: Job?, in bytes: [UInt8]) -> [Issue] {
        if let fault = fault(of: key.cluster) {
            return [Issue(path: key.path, severity: .warning, message: fault)]
        }
        guard let job, let backend = backends[key.cluster] else { return [] }
        return job.ignoredKeys(on: backend).map { ignored in
            CodeCheck.Finding(key: ignored.key, severity: .warning, message: ignored.message)
                .issue(path: key.path, in: bytes)
        }
    }

    private func fault(of cluster: String) -> String? {
        let name = Quoted.text(cluster)
        let home: String
        switch source {
        case .files: return likelyName(of: cluster)
        case .configuration(let path): home = PlainText.line(path)
        case .service(let address): home = "the service at \(address)"
        }
        guard !backends.isEmpty, backends[cluster] == nil else { return nil }
        let names = backends.keys.sorted()
        if let close = Suggestion.closest(to: cluster, among: names) {
            return "\(home) has no cluster \(name): did you mean \(Quoted.text(close))?"
        }
        let shown = names.prefix(10).joined(separator: ", ") + (names.count > 10 ? ", …" : "")
        return "\(home) has no cluster \(name); it has \(shown)"
    }

    /// Finds a cluster that has a similar name and more files. Names that differ in digits or in the last letter only, such
    /// as `gpu-a` and `gpu-b`, are different clusters.
    private func likelyName(of cluster: String) -> String? {
        guard let count = counts[cluster] else { return nil }
        let larger = counts.filter { $0.value > count && !Self.areSiblings($0.key, cluster) }
        guard let close = Suggestion.closest(to: cluster, among: larger.keys.sorted()), let others = larger[close]
        else { return nil }
        let files = { (count: Int) in count == 1 ? "1 job file" : "\(count) job files" }
        return
            "the cluster \(Quoted.text(cluster)) has \(files(count)) and \(Quoted.text(close)) has \(files(others)): "
            + "did you mean \(Quoted.text(close))?"
    }

    private static func areSiblings(_ left: String, _ right: String) -> Bool {
        func letters(_ name: String) -> String { name.filter { !$0.isNumber } }
        return letters(left) == letters(right) || left.count == right.count && left.dropLast() == right.dropLast()
    }
}

/// The options that name the clusters of `validate` and `plan`.
struct ClusterOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Warn of clusters that this configuration does not have.", valueName: "file")
    )
    var config: String?

    /// Reads the clusters of the configuration, else of a service. Without both, the files are compared. A service that does
    /// not answer is a note: the files can be checked without it.
    static func knownClusters(
        _ options: ClusterOptions,
        _ server: String?,
        _ credentials: ServerCredentials
    ) async throws -> KnownClusters {
        if let path = options.config {
            return try await reportingFailure {
                do {
                    return try KnownClusters(configuration: path)
                } catch {
                    throw CommandError("\(error)")
                }
            }
        }
        guard let server else { return .all }
        do throws(ServerError) {
            return try await KnownClusters(service: credentials.client(of: server))
        } catch {
            guard error.kind != .usage else { throw ValidationError("\(error)") }
            StandardError.writeLine("note: the clusters of the service are not known: \(error)")
            return .all
        }
    }
}

/// The reader of configuration files. It belongs to the service, whose parts the verbs can't import.
public enum ConfigurationReading {
    /// Reads the kind of backend of each configured cluster, by the cluster's id. The executable sets it.
    @TaskLocal public static var readBackends: @Sendable (_ path: String) throws -> [String: String] = { path in
        throw CommandError("\(path) can't be read by this program")
    }
}
