"""Writes the two workbooks of MISA beside it: title and period above the header, a total below."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from openpyxl import Workbook

HERE = Path(__file__).parent

SALES = (
    "Ngày hạch toán", "Ngày chứng từ", "Số chứng từ", "Ngày hóa đơn", "Số hóa đơn", "Diễn giải chung", "Diễn giải",
    "Mã khách hàng", "Tên khách hàng", "Mã hàng", "Tên hàng", "ĐVT", "Tổng số lượng bán", "Đơn giá", "Doanh số bán",
    "Chiết khấu", "Tổng số lượng trả lại", "Giá trị trả lại", "Giá trị giảm giá",
)  # fmt: skip
INVOICES = (
    "STT", "Ký hiệu hóa đơn", "Số hóa đơn", "Ngày hóa đơn", "Tên người mua", "Mã số thuế người mua", "Mặt hàng",
    "Doanh số bán chưa có thuế GTGT", "Thuế suất", "Thuế GTGT", "Ghi chú",
)  # fmt: skip


def sale(day: date, voucher: str, invoice: str | None, client: tuple[str, str], item: str, sold: int, off=0, back=0):
    """One line of the sales ledger."""
    told = f"Bán hàng {client[1]}"
    return (
        *(day, day, voucher, day if invoice else None, invoice, told, item, *client, item[:3].upper(), item, "Gói"),
        *(1, sold, sold, off, 1 if back else 0, back, 0),
    )


def write(name: str, title: str, header: tuple[str, ...], rows: list[tuple], total: dict[str, int]) -> None:
    """A workbook with title, period, header, rows and a row of totals."""
    book = Workbook()
    sheet = book.active
    sheet.title = title[:31]
    sheet.append([title.upper()])
    sheet.append(["Tháng 10 năm 2026"])
    sheet.append([])
    sheet.append(header)
    for row in rows:
        sheet.append(row)
    sheet.append(["Tổng cộng" if at == 0 else total.get(column) for at, column in enumerate(header)])
    for row in (1, 2):
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=len(header))
    book.save(HERE / name)


PHO, TRA = ("KH001", "Công ty Phở Hòa"), ("KH002", "Công ty Trà Đá")

if __name__ == "__main__":
    write(
        "misa_sales.xlsx",
        "Sổ chi tiết bán hàng",
        SALES,
        [
            sale(date(2026, 10, 2), "BH00101", "00000101", PHO, "Phí dịch vụ tháng 10", 40_000_000),
            sale(date(2026, 10, 2), "BH00101", "00000101", PHO, "Sản xuất TVC", 60_000_000, off=5_000_000),
            sale(date(2026, 10, 9), "BH00102", "00000102", TRA, "Chạy quảng cáo", 25_000_000, back=5_000_000),
            sale(date(2026, 10, 30), "BH00103", None, TRA, "Thiết kế bao bì", 12_000_000),
        ],
        {"Tổng số lượng bán": 4, "Doanh số bán": 137_000_000, "Chiết khấu": 5_000_000, "Giá trị trả lại": 5_000_000},
    )
    write(
        "misa_invoices.xlsx",
        "Bảng kê hóa đơn bán ra",
        INVOICES,
        [
            (1, "1C26TAA", "00000101", date(2026, 10, 2), PHO[1], "0301234567", "Dịch vụ", 95_000_000, "8%", 7_600_000),
            (
                2,
                "1C26TAA",
                "00000102",
                date(2026, 10, 9),
                TRA[1],
                "0307654321",
                "Quảng cáo",
                20_000_000,
                "8%",
                1_600_000,
            ),
        ],
        {"Doanh số bán chưa có thuế GTGT": 115_000_000, "Thuế GTGT": 9_200_000},
    )
