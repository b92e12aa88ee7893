import Foundation
import Git
import GitMirror
import GitSupport
import Synchronization
import TestSupport

/// A remote repository with one commit, and mirrors of it.
struct MirrorScene: Sendable {
    let folder: TemporaryFolder
    /// Where commits are made.
    let work: Fixture
    /// The remote, in a folder that servers may serve.
    let bare: Fixture

    init() async throws {
        let fixture = try await Fixture()
        folder = fixture.folder
        work = fixture
        bare = Fixture(folder: folder, path: folder.path("served/jobs.git"))
        try await work.git(["init", "--quiet", "--bare", "--initial-branch=main", bare.path], in: folder.url.path)
        try work.write("1", to: "clusters/job.json")
        try await push()
    }

    /// The folder of the repositories.
    var served: String { folder.path("served") }

    /// Commits the work tree and pushes it.
    @discardableResult
    func push(_ options: String..., branch: String = "main") async throws -> ObjectID {
        let id = try await work.commit()
        try await work.git(["push", "--quiet"] + options + [bare.path, "HEAD:refs/heads/\(branch)"])
        return id
    }

    /// A mirror of an address; the folder by the remote's own path where none is given.
    func mirror(
        of address: RemoteAddress? = nil,
        branch: String = "main",
        _ settings: MirrorSettings = MirrorSettings(),
        in name: String = "mirror"
    ) -> Mirror {
        Mirror(of: address ?? RemoteAddress(folder: bare.path), branch: branch, settings, in: folder.path(name))
    }

    /// What the mirror's repository says of its branch.
    func head(of mirror: Mirror) async throws -> ObjectID? {
        try await Repository.open(path: mirror.path).head(of: "main")
    }

    /// A path as it is from the folder that the tests run in.
    static func relative(_ path: String) -> String {
        let depth = FileManager.default.currentDirectoryPath.split(separator: "/").count
        return String(repeating: "../", count: depth) + path.dropFirst()
    }

    /// Writes a file beside the repositories.
    ///
    /// - Returns: its path.
    func file(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder.path(name)))
        return folder.path(name)
    }
}

/// A value that tasks of a test share.
final class Shared<Value: Sendable>: Sendable {
    private let mutex: Mutex<Value>

    init(_ value: Value) {
        mutex = Mutex(value)
    }

    var value: Value {
        get { mutex.withLock { $0 } }
        set { mutex.withLock { $0 = newValue } }
    }

    func change(_ body: (inout Value) -> Void) {
        mutex.withLock { body(&$0) }
    }
}

/// What runs on this machine, as any user can see it.
enum CommandLines {
    /// The command lines, with their arguments, that have a text in them.
    static func containing(_ text: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { name in
            guard Int32(name) != nil, let data = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") else {
                return nil
            }
            let command = String(decoding: data.map { $0 == 0 ? 0x20 : $0 }, as: UTF8.self)
            return command.contains(text) ? command : nil
        }
    }
}
