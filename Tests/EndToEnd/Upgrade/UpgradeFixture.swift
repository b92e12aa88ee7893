import Foundation
import KubernetesSupport
import TestSupport

/// What a build of the past left: its state folder, its journal, the objects of its clusters, and what its REST view said last.
///
/// `Tests/Fixtures/make` makes one. Paths of the scene's folder are written as `@ROOT@` in it.
struct UpgradeFixture: Sendable, CustomStringConvertible {
    /// The commit whose build made it.
    let commit: String
    let url: URL

    var description: String { commit }

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures")
    private static let root = "@ROOT@"

    /// A fixture that is there, or is to be recorded.
    init(_ commit: String) {
        self.commit = commit
        url = Self.folder.appendingPathComponent(commit)
    }

    /// All that are there.
    static var all: [UpgradeFixture] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.wholeMatch(of: /[0-9a-f]{7,40}/) != nil }.sorted().map(UpgradeFixture.init)
    }

    /// What the REST view of the old build said, by path.
    var answers: [String: JSON] {
        get throws {
            let document = try JSON(try Data(contentsOf: url.appendingPathComponent("answers.json")))
            guard case .object(let answers) = document else { return [:] }
            return answers
        }
    }

    /// The objects of a cluster.
    func objects(_ cluster: String) throws -> [JSONTree] {
        try JSONTree(json: try read("cluster-\(cluster).json")).elements
    }

    private func read(_ name: String) throws -> String {
        try String(contentsOf: url.appendingPathComponent(name), encoding: .utf8)
    }

    // MARK: - Recording

    /// Keeps what the service of a scene left.
    ///
    /// - Parameter answers: what the REST view said, by path.
    func record(_ scene: UpgradeScene, repository: JobsRepository, answers: [String: Data]) async throws {
        let manager = FileManager.default
        try? manager.removeItem(at: url)
        try manager.createDirectory(at: url, withIntermediateDirectories: true)
        // First, as what runs goes on.
        try keepStateFolder(scene)
        let dump = "import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).iterdump(), sep='\\n')"
        let journal = try await run(["python3", "-c", dump, scene.folder.path("state/journal.sqlite")], in: "/")
        try write(portable(journal, scene), to: "journal.sql")
        try await run(
            ["git", "bundle", "create", "--quiet", url.appendingPathComponent("jobs.bundle").path, "--all"],
            in: repository.bare
        )
        for (name, cluster) in [("one", scene.one), ("two", scene.two)] {
            let objects = await cluster.allObjects().map(\.json).joined(separator: ",\n")
            try write(portable("[\n\(objects)\n]\n", scene), to: "cluster-\(name).json")
        }
        let document = try JSONSerialization.data(
            withJSONObject: try answers.mapValues { try JSONSerialization.jsonObject(with: $0) },
            options: [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        )
        try write(portable(String(decoding: document, as: UTF8.self), scene), to: "answers.json")
    }

    private func keepStateFolder(_ scene: UpgradeScene) throws {
        let state = scene.folder.url.appendingPathComponent("state")
        for name in try FileManager.default.subpathsOfDirectory(atPath: state.path) {
            let isLeftOut = ["journal.sqlite", "lock", "local/runtimes"].contains { name.hasPrefix($0) }
            guard !isLeftOut, let data = try? Data(contentsOf: state.appendingPathComponent(name)) else { continue }
            try write(portable(String(decoding: data, as: UTF8.self), scene), to: "state/\(name)")
        }
    }

    private func write(_ text: String, to name: String) throws {
        let file = url.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    /// Without the names of the machine that records.
    private func portable(_ text: String, _ scene: UpgradeScene) -> String {
        let path = scene.folder.url.path
        let node = ProcessInfo.processInfo.hostName
        return text.replacing(path, with: Self.root)
            .replacing(path.replacing("/", with: #"\/"#), with: Self.root)
            .replacing(#""node":"\#(node)""#, with: #""node":"recorder""#)
            .replacing(#""node" : "\#(node)""#, with: #""node" : "recorder""#)
    }

    // MARK: - Opening

    /// Lays the fixture out in a scene.
    ///
    /// - Returns: the path of the repository.
    func restore(in scene: UpgradeScene) async throws -> String {
        let state = url.appendingPathComponent("state")
        for name in try FileManager.default.subpathsOfDirectory(atPath: state.path) {
            guard let data = try? Data(contentsOf: state.appendingPathComponent(name)) else { continue }
            let text = String(decoding: data, as: UTF8.self).replacing(Self.root, with: scene.folder.url.path)
            let target = scene.folder.url.appendingPathComponent("state/\(name)")
            try FileManager.default.createDirectory(
                at: target.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: target)
        }
        try renumberLogs(below: scene.folder.path("state/local/runs"))
        let journal = scene.folder.path("journal.sql")
        try Data(try read("journal.sql").replacing(Self.root, with: scene.folder.url.path).utf8)
            .write(to: URL(fileURLWithPath: journal))
        let load = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(open(sys.argv[2]).read())"
        try await run(["python3", "-c", load, scene.folder.path("state/journal.sqlite"), journal], in: "/")
        let repository = scene.folder.path("jobs.git")
        let bundle = url.appendingPathComponent("jobs.bundle").path
        try await run(["git", "init", "--quiet", "--bare", "--initial-branch=main", repository], in: "/")
        try await run(["git", "fetch", "--quiet", bundle, "+refs/*:refs/*"], in: repository)
        for (name, cluster) in [("one", scene.one), ("two", scene.two)] {
            await cluster.restore(try objects(name))
        }
        return repository
    }

    /// An order has the number of its log's file, and the copies have numbers of their own.
    private func renumberLogs(below runs: String) throws {
        for name in try FileManager.default.subpathsOfDirectory(atPath: runs) where name.hasSuffix("/order.json") {
            let order = URL(fileURLWithPath: "\(runs)/\(name)")
            let replica = order.deletingLastPathComponent()
            let run = replica.deletingLastPathComponent().deletingLastPathComponent()
            let log = run.appendingPathComponent("\(replica.lastPathComponent).log").path
            guard let inode = try? FileManager.default.attributesOfItem(atPath: log)[.systemFileNumber] else {
                continue
            }
            let text = try String(contentsOf: order, encoding: .utf8)
            try Data(text.replacing(/"logInode":\d+/, with: "\"logInode\":\(inode)").utf8).write(to: order)
        }
    }

    /// The replicas that ran when the fixture was recorded: their folders in a scene.
    func runningReplicas(in scene: UpgradeScene) throws -> [String] {
        let runs = scene.folder.path("state/local/runs")
        return try FileManager.default.subpathsOfDirectory(atPath: runs).filter { $0.hasSuffix("/supervisor.json") }
            .map { URL(fileURLWithPath: "\(runs)/\($0)").deletingLastPathComponent().path }
            .filter { !FileManager.default.fileExists(atPath: $0 + "/exit.json") }.sorted()
    }
}
