import Foundation
import Glibc
import Platform
import SystemPackage

/// Why a file of the settings can't be read.
enum UnreadableFile {
    /// A sentence that says what is missing: the file, a folder above it, or a permission and whose.
    ///
    /// - Returns: nil if the file can be read.
    static func fault(of path: String) -> String? {
        if unsafe access(path, R_OK) == 0 {
            return (try? FileOwnership(of: path))?.isFolder == true ? "it is a folder" : nil
        }
        let url = URL(fileURLWithPath: path)
        let folders = (1..<max(2, url.pathComponents.count)).map {
            "/" + url.pathComponents[1..<$0].joined(separator: "/")
        }
        for folder in folders {
            guard let owner = try? FileOwnership(of: folder) else { return "the folder \(folder) is not there" }
            guard unsafe access(folder, X_OK) == 0 else { return refusal("enter the folder \(folder)", owner, "x") }
        }
        guard let owner = try? FileOwnership(of: path) else { return "it is not there" }
        return refusal("read it", owner, "r")
    }

    private static func refusal(_ what: String, _ owner: FileOwnership, _ right: String) -> String {
        let mode = String(owner.mode.rawValue, radix: 8)
        return """
            user \(name(FileOwnership.ownUser)) may not \(what) (mode \(mode), owner \(name(owner.user))); \
            give that user the permission \(right)
            """
    }

    private static func name(_ user: UInt32) -> String {
        guard let entry = unsafe getpwuid(user) else { return "\(user)" }
        return unsafe String(cString: entry.pointee.pw_name)
    }
}
