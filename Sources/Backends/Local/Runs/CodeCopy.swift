import Foundation
import Jobs
import Platform
import Subprocess
import SystemPackage

/// The writable copy of the code that one run works in.
///
/// Runs of one commit share the exported code, so none of them may work in it. The copy is kept over the retries of its
/// run, because their state may be in it. A newer run of the job replaces it.
enum CodeCopy {
    static func place(in folder: RunFolder) -> URL { folder.url.appendingPathComponent("code", isDirectory: true) }

    /// Copies the code of a run, unless the run has a copy or needs none.
    ///
    /// - Parameter user: the user to whom the copy belongs. Nil: the service's.
    /// - Returns: the request with the copy as its code.
    /// - Throws: ``RuntimeError`` that may heal.
    static func prepare(
        for request: RunRequest,
        in folder: RunFolder,
        _ user: ReplicaUser?
    ) async throws(RuntimeError) -> RunRequest {
        guard let source = request.codeFolder else { return request }
        let copy = place(in: folder)
        if let user, let owner = try? FileOwnership(of: copy.path).user, owner != user.account.user {
            // The configuration has another user than before.
            let arguments = ["--recursive", "--no-dereference", "--from=\(owner)", user.account.ownership, copy.path]
            do {
                try await SystemProgram.run("chown", arguments)
            } catch {
                throw RuntimeError("\(copy.path) can't be given to \(user.account.name): \(error)", mayHeal: true)
            }
        }
        if !FileManager.default.fileExists(atPath: copy.path) {
            let draft = folder.url.appendingPathComponent("code.draft", isDirectory: true)
            do {
                try? FileManager.default.removeItem(at: draft)
                try await copyTree(source, to: draft.path)
                if let user {
                    try await SystemProgram.run(
                        "chown",
                        ["--recursive", "--no-dereference", user.account.ownership, draft.path]
                    )
                }
                // Users of other clusters can pass through the folders above it.
                try OwnFolder.set(.ownerReadWriteExecute, of: draft.path)
                try FileManager.default.moveItem(at: draft, to: copy)
            } catch {
                throw RuntimeError("the code can't be copied to \(copy.path): \(error)", mayHeal: true)
            }
        }
        return RunRequest(
            id: request.id,
            job: request.job,
            commit: request.commit,
            runCommit: request.runCommit,
            codeFolder: copy.path,
            author: request.author
        )
    }

    static func remove(from folder: RunFolder) {
        try? FileManager.default.removeItem(at: place(in: folder))
    }

    /// `cp` shares the blocks of both files where the file system can, and needs no thread of this process.
    private static func copyTree(_ source: String, to target: String) async throws {
        try await SystemProgram.run(
            "cp",
            [
                "--recursive", "--no-dereference", "--preserve=mode,timestamps", "--reflink=auto", "--",
                "\(source)/.", target,
            ]
        )
    }
}

/// Programs of the system that work on whole trees of files.
enum SystemProgram {
    /// Runs a program to its end.
    ///
    /// - Throws: an error with its first message if it fails.
    static func run(_ program: String, _ arguments: [String]) async throws {
        // With a name, Subprocess starts a process for each folder of the `PATH`, and each takes milliseconds.
        let path = try await Executable.name(program).resolveExecutablePath(in: .inherit)
        let result = try await Subprocess.run(
            .path(path),
            arguments: Arguments(arguments),
            input: .none,
            output: .discarded,
            error: .string(limit: 4096)
        )
        guard result.terminationStatus.isSuccess else {
            throw LocalBackendError(
                result.standardError.split(separator: "\n").first.map(String.init) ?? "\(program) failed"
            )
        }
    }
}

extension UserAccount {
    /// The owner and the group, as chown reads them.
    fileprivate var ownership: String { "\(user):\(group)" }
}

/// The folder below the state folder from which scripts import the module `tfjob`.
enum ScriptModuleFolder {
    /// Writes the module, unless it is there, and returns its folder.
    ///
    /// The content names the folder, so a running script keeps the module that it started with.
    static func prepare(in root: URL) throws -> String {
        let folder = root.appendingPathComponent("tfjob/\(ScriptModule.version)").path
        let file = "\(folder)/\(ScriptModule.fileName)"
        // A job without a user of its own may have changed it.
        if FileManager.default.contents(atPath: file) != Data(ScriptModule.content) {
            // Python lists the folders of sys.path, so any user may.
            let mode = OwnFolder.passable.union([.groupRead, .otherRead])
            try OwnFolder.make(folder)
            try OwnFolder.set(mode, of: folder)
            try DurableFile.writeUnsynced(ScriptModule.content, to: file)
            try OwnFolder.set([.ownerRead, .groupRead, .otherRead], of: file)
        }
        return folder
    }
}
