// swift-tools-version: 6.3

import PackageDescription

/// One strictness for every target: Swift 6 mode, each warning an error, each unsafe construct marked.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .strictMemorySafety(),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
    .enableUpcomingFeature("ExistentialAny"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
    .enableUpcomingFeature("MemberImportVisibility"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let grdbSQLite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioFoundationCompat = Target.Dependency.product(name: "NIOFoundationCompat", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1 = Target.Dependency.product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "tfjob-admin",
    products: [
        .executable(name: "tfjob-admin", targets: ["TFJobAdmin"]),
        .executable(name: "tfjob-supervisor", targets: ["tfjob-supervisor"]),
        .executable(name: "benchmarks", targets: ["Benchmarks"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.20.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0", traits: []),
    ],
    targets: [
        .systemLibrary(name: "CLibGit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
        .target(name: "CGitMemory", dependencies: ["CLibGit2"]),
        .target(name: "CPlatform"),
        .target(name: "CSupervisor", path: "Sources/Supervisor/Core"),
        .executableTarget(
            name: "tfjob-supervisor",
            dependencies: ["CSupervisor"],
            path: "Sources/Supervisor/Program"
        ),
        .target(name: "Platform", dependencies: ["CPlatform", systemPackage], swiftSettings: strict),
        .target(name: "Formats", swiftSettings: strict),
        .target(
            name: "Connections",
            dependencies: [asyncHTTPClient, nioCore, nioHTTP1, nioPosix, nioSSL],
            swiftSettings: strict
        ),
        .target(
            name: "Git",
            dependencies: ["CGitMemory", "CLibGit2", "Formats", "Platform", crypto, subprocess, systemPackage],
            swiftSettings: strict
        ),
        .target(
            name: "GitMirror",
            dependencies: ["Git", "Platform", systemPackage],
            swiftSettings: strict
        ),
        .target(name: "EventFiles", dependencies: ["Platform"], swiftSettings: strict),
        .target(
            name: "Jobs",
            dependencies: ["Formats", crypto],
            resources: [.embedInCode("Script/tfjob.py")],
            swiftSettings: strict
        ),
        .target(name: "JobFile", dependencies: ["Formats", "Jobs"], swiftSettings: strict),
        .target(
            name: "Journal",
            dependencies: ["Formats", "JobFile", "Jobs", "Platform", crypto, grdb, grdbSQLite, systemPackage],
            swiftSettings: strict
        ),
        .target(
            name: "LocalBackend",
            dependencies: [
                "BackendConfiguration", "CSupervisor", "EventFiles", "Formats", "JobFile", "Jobs", "Platform", crypto,
                lifecycle,
                logging, subprocess, systemPackage, yams,
            ],
            path: "Sources/Backends/Local",
            swiftSettings: strict
        ),
        .target(
            name: "KubernetesClient",
            dependencies: [
                "Connections", "Jobs", "Platform", asyncHTTPClient, logging, nioCore, nioFoundationCompat, nioHTTP1,
                nioPosix, nioSSL, subprocess, systemPackage, yams,
            ],
            path: "Sources/Backends/Kubernetes/Client",
            swiftSettings: strict
        ),
        .target(
            name: "KubernetesBackend",
            dependencies: [
                "BackendConfiguration", "JobFile", "Jobs", "KubernetesClient", crypto, lifecycle, logging, yams,
            ],
            path: "Sources/Backends/Kubernetes/Backend",
            swiftSettings: strict
        ),
        .target(name: "JobTree", dependencies: ["Git", "JobFile", "Jobs"], swiftSettings: strict),
        .target(
            name: "Reconciler",
            dependencies: [
                "Git", "GitMirror", "JobFile", "JobTree", "Jobs", "Journal", "Platform", logging, lifecycle,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "SignIn",
            dependencies: [
                "Connections", "Formats", "Platform", asyncHTTPClient, httpTypes, jwtKit, logging, nioCore, nioHTTP1,
                nioSSL,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "RESTView",
            dependencies: [
                "Formats", "Jobs", "Journal", "Platform", "SignIn", crypto, hummingbird, httpTypes, lifecycle, logging,
                nioCore, nioFoundationCompat, nioHTTP1, nioHTTPTypes, nioHTTPTypesHTTP1, nioSSL,
            ],
            resources: [.embedInCode("Description/openapi.json")],
            swiftSettings: strict
        ),
        .target(
            name: "BackendConfiguration",
            dependencies: ["Jobs", lifecycle, logging, yams],
            path: "Sources/Backends/Configuration",
            swiftSettings: strict
        ),
        .plugin(name: "CommitStamp", capability: .buildTool(), path: "Sources/CommitStamp"),
        .target(
            name: "Service",
            dependencies: [
                "BackendConfiguration", "Formats", "Git", "GitMirror", "Jobs", "Journal", "KubernetesBackend",
                "LocalBackend", "Platform", "RESTView", "Reconciler", "SignIn", crypto, lifecycle, logging,
                nioCore, nioPosix, nioSSL, systemPackage, unixSignals, yams,
            ],
            swiftSettings: strict,
            plugins: ["CommitStamp"]
        ),
        .target(
            name: "CommandLine",
            dependencies: [
                "Connections", "Formats", "Git", "JobFile", "JobTree", "Jobs", "Platform", argumentParser,
                asyncHTTPClient, nioCore, nioFoundationCompat, nioHTTP1, nioPosix, nioSSL,
            ],
            resources: [.embedInCode("Init/Files")],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "TFJobAdmin",
            dependencies: ["CommandLine", "Jobs", "LocalBackend", "Platform", "Service", argumentParser],
            swiftSettings: strict
        ),
        .target(
            name: "TestSupport",
            dependencies: [
                "JobFile", "Jobs", asyncHTTPClient, logging, nioCore, nioFoundationCompat, nioHTTP1, subprocess,
                systemPackage,
            ],
            path: "Tests/TestSupport",
            exclude: ["Servers/package_index.py"],
            swiftSettings: strict
        ),
        .target(
            name: "KubernetesSupport",
            dependencies: [
                "TestSupport", hummingbird, hummingbirdTLS, httpTypes, lifecycle, logging, nioCore, nioSSL, subprocess,
                systemPackage, yams,
            ],
            path: "Tests/KubernetesSupport",
            swiftSettings: strict
        ),
        .testTarget(
            name: "KubernetesSupportTests",
            dependencies: [
                "KubernetesSupport", "TestSupport", asyncHTTPClient, nioCore, nioFoundationCompat, nioHTTP1, nioSSL,
            ],
            exclude: ["Python"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "LocalBackendTests",
            dependencies: [
                "JobFile", "Jobs", "LocalBackend", "Platform", "TFJobAdmin", "TestSupport", logging, systemPackage,
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "FaultDriver",
            dependencies: ["Git", "GitMirror", "Jobs", "Journal", "Reconciler", "TestSupport", logging],
            path: "Tests/FaultDriver",
            swiftSettings: strict
        ),
        .testTarget(
            name: "KubernetesClientTests",
            dependencies: ["Jobs", "KubernetesClient", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KubernetesBackendTests",
            dependencies: [
                "Jobs", "KubernetesBackend", "KubernetesClient", "KubernetesSupport", "TestSupport", logging, yams,
            ],
            exclude: ["Golden", "Mapping/models.py", "Mapping/openapi.py"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ReconcilerTests",
            dependencies: [
                "FaultDriver", "Git", "GitMirror", "JobFile", "Jobs", "Journal", "Reconciler", "TestSupport", logging,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ServiceTests",
            dependencies: [
                "BackendConfiguration", "GitMirror", "Jobs", "KubernetesBackend", "KubernetesClient", "LocalBackend",
                "Platform", "RESTView", "Reconciler", "Service", "SignIn", "TestSupport", logging,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CommandLineTests",
            dependencies: [
                "CommandLine", "Git", "JobFile", "JobTree", "Jobs", "RESTView", "Service", "TestSupport",
                argumentParser,
                logging,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "SignInSupport",
            dependencies: [crypto, cryptoExtras],
            path: "Tests/SignInSupport",
            swiftSettings: strict
        ),
        .testTarget(
            name: "SignInTests",
            dependencies: ["Formats", "Platform", "SignIn", "SignInSupport", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "RESTViewTests",
            dependencies: [
                "Jobs", "Journal", "Platform", "RESTView", "SignIn", "SignInSupport", "TestSupport", crypto,
                hummingbird, httpTypes, lifecycle, logging, nioCore, nioPosix,
            ],
            exclude: ["Golden"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "JournalTests",
            dependencies: ["JobFile", "Jobs", "Journal", "TestSupport", grdb],
            swiftSettings: strict
        ),
        .target(
            name: "GitSupport",
            dependencies: ["Git", "TestSupport"],
            path: "Tests/GitSupport",
            swiftSettings: strict
        ),
        .testTarget(
            name: "GitTests",
            dependencies: ["Git", "GitSupport", "Platform", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "GitMirrorTests",
            dependencies: ["Git", "GitMirror", "GitSupport", "Platform", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(name: "FormatsTests", dependencies: ["Formats"], swiftSettings: strict),
        .testTarget(name: "PlatformTests", dependencies: ["Platform", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "EventFilesTests",
            dependencies: ["EventFiles", "TestSupport"],
            exclude: ["Golden", "golden.py"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "JobsTests",
            dependencies: ["Jobs", "TestSupport"],
            exclude: ["Script/tfjob_test.py"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "JobFileTests",
            dependencies: ["JobFile", "Jobs", "TestSupport"],
            exclude: ["Cases", "judge.py"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "EndToEnd",
            dependencies: ["Jobs", "KubernetesSupport", "Platform", "TFJobAdmin", "TestSupport", yams],
            path: "Tests/EndToEnd",
            exclude: [
                "flaky_log.py", "hostile_service.py", "load.py", "oidc_provider.py", "schemathesis_hooks.py",
                "terminal.py", "Chaos/chaos.py", "Hostile/hostile_repository.py",
                "TensorFlow/models.py", "TensorFlow/parameter_server.py", "TensorFlow/preemptible.py",
                "Upgrade/supervisor.py",
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "Benchmarks",
            dependencies: ["Git", "JobFile", "Jobs", "Journal", "TestSupport", argumentParser, nioCore, nioPosix],
            path: "Tests/Benchmarks",
            exclude: ["run"],
            swiftSettings: strict
        ),
    ]
)
