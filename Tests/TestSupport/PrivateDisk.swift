import Foundation
import Glibc

/// A small file system that one service has to itself, so that a test can fill it up or take its writing away.
///
/// It is mounted in the service's own mount namespace and seen from outside through `/proc/<pid>/root`. Only root may do that, or a user who may make
/// user namespaces.
package struct PrivateDisk: Sendable {
    private let path: String
    private let pid: Int32
    private let folder: String

    /// The command that mounts it and then becomes the service.
    ///
    /// - Parameters:
    ///   - path: where; made if absent.
    ///   - megabytes: how large it is.
    package static func command(at path: String, megabytes: Int) -> [String] {
        let namespace = geteuid() == 0 ? ["unshare", "--mount"] : ["unshare", "--mount", "--map-root-user"]
        let script = #"mkdir -p "$0" && mount -t tmpfs -o size=\#(megabytes)m,mode=700 none "$0" && exec "$@""#
        return namespace + ["sh", "-c", script, path]
    }

    /// The command that mounts an ext4 file system and then becomes the service: one that can be made to take itself for broken.
    ///
    /// Only root may do that.
    ///
    /// - Parameters:
    ///   - path: where; made if absent.
    ///   - image: the file that it is kept in; made anew.
    package static func breakable(at path: String, image: String) -> [String] {
        let script = #"""
            mkdir -p "$0" && truncate --size 64M "$1" && mkfs.ext4 -q "$1" && mount -o loop "$1" "$0" && shift && exec "$@"
            """#
        return ["unshare", "--mount", "sh", "-c", script, path, image]
    }

    /// Makes a breakable disk read-only, as ext4 does by itself after an error. It stays so until it is mounted anew.
    package static func breakDown(of pid: Int32, at path: String) async throws {
        try await run(
            ["nsenter", "--mount", "--target", "\(pid)", "mount", "-o", "remount,abort", path],
            in: "/"
        )
    }

    /// The disk of a process.
    package init(of pid: Int32, at path: String) {
        self.path = "/proc/\(pid)/root\(path)"
        self.pid = pid
        folder = path
    }

    /// Makes it read-only for whatever is opened from now on. What is open for writing stays so: the kernel makes no disk read-only otherwise.
    package func cover() async throws {
        try await mount("mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\"")
    }

    /// Makes it writable again.
    package func uncover() async throws {
        try await mount("mount -o remount,bind,rw \"$0\"")
    }

    private func mount(_ script: String) async throws {
        try await run(["nsenter", "--mount", "--target", "\(pid)", "sh", "-c", script, folder], in: "/")
    }

    private var ballast: String { path + "/ballast" }

    /// Writes until nothing more fits.
    package func fill() throws {
        let file = unsafe open(ballast, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        guard file >= 0 else { throw NeverHappened(description: "\(ballast) can't be made") }
        defer { close(file) }
        for size in [1 << 16, 1 << 12, 1 << 6, 1] {
            let bytes = [UInt8](repeating: 0x5A, count: size)
            while unsafe write(file, bytes, size) == size {}
        }
    }

    /// Makes room again.
    package func empty() throws {
        try FileManager.default.removeItem(atPath: ballast)
    }
}
