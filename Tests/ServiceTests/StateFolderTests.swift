import Foundation
import TestSupport
import Testing

@testable import Service

/// The default state folder, and the checks of an existing one.
struct StateFolderTests {
    @Test(
        arguments: [
            (["STATE_DIRECTORY": "/var/lib/a:/var/lib/b", "XDG_STATE_HOME": "/x"], true, "/var/lib/a"),
            (["XDG_STATE_HOME": "/x", "HOME": "/home/ann"], false, "/x/tfjob-admin"),
            (["XDG_STATE_HOME": "/x"], true, "/x/tfjob-admin"),
            (["XDG_STATE_HOME": "relative", "STATE_DIRECTORY": ""], true, "/var/lib/tfjob-admin"),
            (["STATE_DIRECTORY": "relative", "XDG_STATE_HOME": "/x"], true, "/x/tfjob-admin"),
            (["HOME": "relative"], false, "/var/lib/tfjob-admin"),
            (["HOME": "/root"], true, "/var/lib/tfjob-admin"),
            (["HOME": "/home/ann"], false, "/home/ann/.local/state/tfjob-admin"),
        ]
    )
    func `the default does not depend on where the program is started`(
        _ environment: [String: String],
        _ isRoot: Bool,
        _ path: String
    ) {
        let found = StateFolder.default(environment, isRoot: isRoot) { _ in false }
        #expect(found.path == path)
        #expect(found.warning == nil)
        let former = StateFolder.default(environment, isRoot: isRoot) { $0 == "./tfjob-admin-state" }
        #expect(former.path == "./tfjob-admin-state")
        #expect(former.warning?.contains("move it to \(path)") == true)
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    private func setMode(_ mode: Int, of path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    @Test
    func `other users can only pass through a new folder, and laxer modes in an old one are corrected`() throws {
        let folder = try TemporaryFolder()
        let state = folder.path("a/state")
        _ = try StateFolder.prepare(state)
        #expect(try mode(state) == 0o711)
        for (name, old, new) in [("local", 0o755, 0o711), ("local/runs", 0o775, 0o711), ("mirror", 0o755, 0o700)] {
            try FileManager.default.createDirectory(atPath: "\(state)/\(name)", withIntermediateDirectories: true)
            try setMode(old, of: "\(state)/\(name)")
            _ = try StateFolder.prepare(state)
            #expect(try mode("\(state)/\(name)") == new, "\(name)")
        }
        try setMode(0o755, of: state)
        _ = try StateFolder.prepare(state)
        #expect(try mode(state) == 0o711)
    }

    @Test(arguments: [("state", 0o770), ("state", 0o702), ("state/local/runs", 0o777), ("", 0o777)])
    func `a folder that others can write to is refused`(_ name: String, _ mode: Int) throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: folder.path("state/local/runs"),
            withIntermediateDirectories: true
        )
        try setMode(0o700, of: folder.path("state"))
        try setMode(mode, of: folder.path(name))
        let error = #expect(throws: StartError.self) { try StateFolder.prepare(folder.path("state")) }
        #expect(error?.description.contains("chmod") == true)
    }

    @Test(.enabled(if: getuid() == 0))
    func `a folder of another user is refused`() throws {
        for name in ["state", "state/local"] {
            let folder = try TemporaryFolder()
            try FileManager.default.createDirectory(
                atPath: folder.path("state/local"),
                withIntermediateDirectories: true
            )
            try setMode(0o700, of: folder.path("state"))
            try FileManager.default.setAttributes([.ownerAccountID: 65534], ofItemAtPath: folder.path(name))
            let error = #expect(throws: StartError.self) { try StateFolder.prepare(folder.path("state")) }
            #expect(error?.description.contains("belongs to user 65534") == true)
        }
    }
}
