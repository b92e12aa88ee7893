import Foundation
import TestSupport

/// What the service costs while nothing happens.
struct IdleUsage {
    let cpuMilliseconds: Int
    /// In MiB, as `VmRSS` of `/proc/<pid>/status` has it.
    let serviceMemory: Double
    let supervisorMemory: Double

    static func measure(_ service: ServiceProcess, seconds: Int) async throws -> IdleUsage {
        // What the pushes left to do is done when the clock starts.
        try await eventually("nothing is pending") {
            try await service.request("/api/ping").json.reconcile.pending.int == 0
        }
        let before = try ticks(of: service.pid)
        try await Task.sleep(for: .seconds(seconds))
        let spent = try ticks(of: service.pid) - before
        return IdleUsage(
            cpuMilliseconds: spent * 1000 / sysconf(Int32(_SC_CLK_TCK)),
            serviceMemory: try memory(of: service.pid),
            supervisorMemory: try memory(of: try supervisor())
        )
    }

    /// User and system time, in clock ticks: fields 14 and 15 of `/proc/<pid>/stat`.
    private static func ticks(of pid: Int32) throws -> Int {
        let stat = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
        return (Int(fields[12]) ?? 0) + (Int(fields[13]) ?? 0)
    }

    private static func memory(of pid: Int32) throws -> Double {
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        guard let match = status.firstMatch(of: /VmRSS:\s+(\d+) kB/), let size = Double(match.1) else {
            throw CocoaError(.fileReadCorruptFile)
        }
        return size / 1024
    }

    private static func supervisor() throws -> Int32 {
        for pid in try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap({ Int32($0) }) {
            let command = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
            if command.split(separator: 0).dropFirst().first == Data("supervise".utf8) {
                return pid
            }
        }
        throw CocoaError(.fileNoSuchFile)
    }
}
