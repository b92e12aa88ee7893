import Foundation

/// A package index over HTTP on this machine, with tiny wheels that it makes itself.
///
/// <https://packaging.python.org/en/latest/specifications/simple-repository-api/>
package final class PackageIndex: Sendable {
    /// A package that the index offers.
    package struct Package: Sendable {
        let name: String
        let version: String
        let requires: [String]
        let code: String

        /// - Parameters:
        ///   - name: the name of the package and of its only module, with underscores.
        ///   - version: the version.
        ///   - requires: what it requires, in pip's syntax.
        ///   - code: the source of the module.
        package init(_ name: String, _ version: String, requires: [String] = [], code: String = "") {
            (self.name, self.version, self.requires, self.code) = (name, version, requires, code)
        }
    }

    /// How the index answers.
    package enum Mode: String, Sendable, CaseIterable {
        case works
        /// With 503 to every request.
        case unavailable
        /// Never.
        case silent
        /// With the first half of each wheel.
        case cutsWheels
        /// Without any package.
        case empty
    }

    /// The address for pip.
    package let url: String
    private let folder: TemporaryFolder
    private let server: RunningProgram

    /// Starts the index.
    package init(_ packages: [Package], mode: Mode = .works) async throws {
        folder = try TemporaryFolder()
        let list = packages.map { ["name": $0.name, "version": $0.version, "requires": $0.requires, "code": $0.code] }
        let data = try JSONSerialization.data(withJSONObject: list)
        try data.write(to: folder.url.appendingPathComponent("packages.json"))
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "package_index.py"
        )
        try Data(mode.rawValue.utf8).write(to: folder.url.appendingPathComponent("mode"))
        server = try await RunningProgram(["python3", script.path, folder.url.path], log: folder.path("log"))
        let port = try await firstValue("the index says its port") { [folder] in
            try? String(contentsOf: folder.url.appendingPathComponent("port"), encoding: .utf8)
        }
        url = "http://127.0.0.1:\(port)/simple"
    }

    deinit {
        kill(server.pid, SIGKILL)
    }

    /// Changes how the index answers from now on.
    package func setMode(_ mode: Mode) throws {
        try Data(mode.rawValue.utf8).write(to: folder.url.appendingPathComponent("mode"), options: .atomic)
    }

    /// The paths that were asked for, in order.
    package var requests: [String] {
        let text = try? String(contentsOf: folder.url.appendingPathComponent("requests"), encoding: .utf8)
        return (text ?? "").split(separator: "\n").map(String.init)
    }

    /// The variables with which pip uses this index alone, and does not wait long.
    package var variables: [String: String] {
        [
            "PIP_INDEX_URL": url, "PIP_FIND_LINKS": "", "PIP_NO_CACHE_DIR": "1", "PIP_RETRIES": "0", "PIP_TIMEOUT": "2",
            "PIP_CONFIG_FILE": "/dev/null",
        ]
    }

    /// TensorFlow and what belongs to it: packages of the real names, with the real requirements.
    ///
    /// - Parameter version: the version of TensorFlow, with three numbers.
    package static func tensorFlow(_ version: String) -> [Package] {
        let minor = version.split(separator: ".").prefix(2).joined(separator: ".")
        let numbers = minor.split(separator: ".").compactMap { Int($0) }
        let next = "\(numbers[0]).\(numbers[1] + 1)"
        return [
            Package("tensorflow_cpu", version, requires: ["numpy"]),
            Package("tensorflow", version, requires: ["numpy"]),
            Package("tf_keras", "\(minor).0", requires: ["tensorflow<\(next),>=\(minor)"], code: "import tensorflow"),
            Package("tensorboard", "\(minor).0"), Package("numpy", "1.26.4"), Package("numpy", "2.3.5"),
            Package("protobuf", "3.20.3"), Package("protobuf", "6.33.0"),
        ]
    }
}
