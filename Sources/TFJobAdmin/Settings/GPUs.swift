import Foundation

/// The GPUs of this machine.
enum GPUs {
    /// Counts NVIDIA's device files, `/dev/nvidia0` and so on: <https://docs.kernel.org/admin-guide/devices.html>, major 195.
    static func count(in folder: String = "/dev") -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.count { $0.hasPrefix("nvidia") && Int($0.dropFirst(6)) != nil }
    }
}
