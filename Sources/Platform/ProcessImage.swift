import Foundation
import Glibc
import SystemPackage

/// The program that this process runs.
public enum ProcessImage {
    /// Starts the program anew in this process, with the same arguments and environment, as it is on disk now.
    ///
    /// - Returns: only where that fails: why.
    public static func replaceWithItself() -> PlatformError {
        guard let path = Bundle.main.executablePath else {
            return .system(.noSuchFileOrDirectory, call: "readlink", path: "/proc/self/exe")
        }
        unsafe execv(path, CommandLine.unsafeArgv)
        return .system(Errno(rawValue: errno), call: "execv", path: path)
    }
}
