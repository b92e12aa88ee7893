import Foundation
import NIOSSL

/// The files of the service's certificate and its key.
public struct CertificateFiles: Sendable, Equatable {
    /// A PEM file: the service's certificate, followed by the intermediate ones.
    public let certificate: String
    /// A PEM file: the certificate's private key, not encrypted.
    public let key: String

    /// Stores the two paths. The files are read later.
    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    /// Reads both files and checks that the key belongs to the certificate.
    ///
    /// - Throws: ``RESTServiceError``
    public func check() throws(RESTServiceError) {
        _ = try CertificatePair(self).context(self)
    }
}

/// The contents of the two files.
struct CertificatePair: Equatable {
    private let certificate: Data
    private let key: Data

    init(_ files: CertificateFiles) throws(RESTServiceError) {
        certificate = try Self.readFile(files.certificate)
        key = try Self.readFile(files.key)
    }

    private static func readFile(_ path: String) throws(RESTServiceError) -> Data {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw RESTServiceError("\(path) can't be read; put the PEM file there, readable for the service")
        }
        return data
    }

    /// When the service's certificate, the first of the file, expires; nil if the file holds none.
    var expiry: Date? {
        let chain = try? NIOSSLCertificate.fromPEMBytes(Array(certificate))
        return chain?.first.map { Date(timeIntervalSince1970: Double($0.notValidAfter)) }
    }

    /// The TLS context with this certificate.
    func context(_ files: CertificateFiles) throws(RESTServiceError) -> NIOSSLContext {
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(Array(certificate)), !chain.isEmpty else {
            throw RESTServiceError(
                "\(files.certificate) holds no certificate; write one as PEM, -----BEGIN CERTIFICATE-----"
            )
        }
        guard let key = try? NIOSSLPrivateKey(bytes: Array(key), format: .pem) else {
            throw RESTServiceError("\(files.key) holds no key that can be used; write one as PEM, without a passphrase")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        // <https://www.rfc-editor.org/rfc/rfc8996> deprecates the older versions.
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw RESTServiceError("\(files.key) is not the key of \(files.certificate): \(error)")
        }
    }
}
